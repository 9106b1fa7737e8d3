import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { Misbehaviour } from '../../support/misbehaving-idp.ts'
import { now } from './verdict.ts'

describe('O10: a refreshed ID token is about the same sign-in (OpenID Connect Core 12.2, OIDC-13)', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())
  afterEach(() => (service.idp.behave = {}))

  async function refreshWith(behave: Misbehaviour): Promise<{ outcome: string; lives: boolean }> {
    service.idp.behave = {}
    await service.signIn(service.newBrowser())
    const handle = service.lastSession()
    service.clock.aheadMs += 3_600_000
    service.idp.behave = behave
    const outcome = await service.refresh(handle)
    return { outcome, lives: (await service.store.find(handle)).kind === 'found' }
  }

  const refused: readonly [string, Misbehaviour][] = [
    ['another person', { claims: (claims) => ({ ...claims, sub: 'mallory' }) }],
    ['nobody', { claims: ({ sub: _, ...claims }) => claims }],
    ['another issuer', { claims: (claims) => ({ ...claims, iss: 'https://evil.example.com' }) }],
    ['another client', { claims: (claims) => ({ ...claims, aud: 'somebody' }) }],
    ['another authorised party', { claims: (claims) => ({ ...claims, aud: ['postern', 'x'], azp: 'x' }) }],
    ['another sign-in', { claims: (claims) => ({ ...claims, auth_time: 1 }) }],
    ['another nonce', { claims: (claims) => ({ ...claims, nonce: 'x'.repeat(43) }) }],
    ['an earlier moment', { claims: (claims) => ({ ...claims, iat: now() - 600 }) }],
    ['another access token', { claims: (claims) => ({ ...claims, at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }) }],
  ]
  for (const [title, behave] of refused) {
    it(`ends the session when it is about ${title}, and says so`, async () => {
      assert.deepEqual(await refreshWith(behave), { outcome: 'OUTCOME_ENDED', lives: false })
      assert.ok(service.log.lines.some((line) => line.message === 'the IdP ended a session'))
    })
  }

  it('ends the session when the claim that our user ids are made of is another (Entra ID)', async () => {
    let oid = 'ada-1'
    await using entra = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, idp: { ...config.idp, provider: 'azure' } }),
      idp: { claims: (claims) => ({ ...claims, oid }) },
    })
    await entra.signIn(entra.newBrowser())
    const handle = entra.lastSession()
    entra.clock.aheadMs += 3_600_000
    assert.equal(await entra.refresh(handle), 'OUTCOME_REFRESHED')
    oid = 'ada-2'
    entra.clock.aheadMs += 3_600_000
    assert.equal(await entra.refresh(handle), 'OUTCOME_ENDED')
  })

  it('does not count when it is not signed by the IdP: the session is not renewed', async () => {
    const { outcome } = await refreshWith({ signature: () => Buffer.alloc(256, 7).toString('base64url') })
    assert.notEqual(outcome, 'OUTCOME_REFRESHED')
  })

  const accepted: readonly [string, Misbehaviour][] = [
    ['the same sign-in', {}],
    ['the same sign-in, without saying when that was', { claims: ({ auth_time: _, ...claims }) => claims }],
    ['nothing, because none comes', { tokens: ({ id_token: _, ...answer }) => answer }],
  ]
  for (const [title, behave] of accepted) {
    it(`keeps the session when it is about ${title}`, async () => {
      assert.deepEqual(await refreshWith(behave), { outcome: 'OUTCOME_REFRESHED', lives: true })
    })
  }
})
