import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { isOver, send, signInAs } from './back-channel.ts'

describe('O17: sessions are found by issuer and sid, and by issuer and sub', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  it('ends the sessions of one sign-in at the IdP, by sid (BCL-05)', async () => {
    const ended = await signInAs(service, 'ada', 'sid-laptop')
    const kept = await signInAs(service, 'ada', 'sid-phone')
    const answer = await send(service, { logout_token: service.idp.logoutToken({ claims: { sid: 'sid-laptop' } }) })
    assert.equal(answer.status, 200)
    assert.equal(await isOver(service, ended), true)
    assert.equal(await isOver(service, kept), false)
  })

  it('ends all sessions of one person, by sub, and nobody else’s (BCL-05)', async () => {
    const [one, two] = [await signInAs(service, 'ada', 'a'), await signInAs(service, 'ada')]
    const other = await signInAs(service, 'grace', 'g')
    await send(service, { logout_token: service.idp.logoutToken({ claims: { sub: 'ada' } }) })
    assert.deepEqual([await isOver(service, one), await isOver(service, two)], [true, true])
    assert.equal(await isOver(service, other), false)
  })

  it('takes a token that names sid and sub by its sid', async () => {
    const [laptop, phone] = [await signInAs(service, 'ada', 'l2'), await signInAs(service, 'ada', 'p2')]
    await send(service, { logout_token: service.idp.logoutToken({ claims: { sid: 'l2', sub: 'ada' } }) })
    assert.deepEqual([await isOver(service, laptop), await isOver(service, phone)], [true, false])
  })
})

describe('O17: sessions are found by sub where the user id is another claim (Entra ID)', () => {
  let service: AuthenticateUnderTest
  before(async () => {
    service = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, idp: { ...config.idp, provider: 'azure' } }),
      idp: { claims: (claims) => ({ ...claims, oid: `oid-of-${String(claims['sub'])}` }) },
    })
  })
  after(() => service[Symbol.asyncDispose]())

  for (const [title, claims] of [
    ['sub alone', { sub: 'ada' }],
    ['the user id too', { sub: 'ada', oid: 'oid-of-ada' }],
  ] as const) {
    it(`ends the sessions of the person whom ${title} names, and nobody else’s (BCL-05)`, async () => {
      const [one, two] = [await signInAs(service, 'ada'), await signInAs(service, 'ada')]
      const other = await signInAs(service, 'grace')
      assert.equal((await send(service, { logout_token: service.idp.logoutToken({ claims }) })).status, 200)
      assert.deepEqual([await isOver(service, one), await isOver(service, two)], [true, true])
      assert.equal(await isOver(service, other), false)
    })
  }

  it('ends them after a refresh, too', async () => {
    const handle = await signInAs(service, 'ada')
    service.clock.aheadMs += 3_600_000
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED')
    await send(service, { logout_token: service.idp.logoutToken({ claims: { sub: 'ada' } }) })
    assert.equal(await isOver(service, handle), true)
  })

  it('refuses a user id that is no text', async () => {
    const logout_token = service.idp.logoutToken({ claims: { sub: 'ada', oid: 0 } })
    assert.equal((await send(service, { logout_token })).status, 400)
  })
})
