import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { WebAnswer } from '../../support/web-client.ts'

/** An installation that asks for a second factor, used at most ten minutes ago. */
function startAsking(requestParams: Readonly<Record<string, string>>): Promise<AuthenticateUnderTest> {
  return AuthenticateUnderTest.start({
    configure: (config) => ({ ...config, idp: { ...config.idp, requestParams } }),
  })
}
const mfaWithinTenMinutes = { acr_values: 'phr mfa', max_age: '600' }

/** The next sign-in at the IdP is so long ago, and of this class. */
function signedInAtIdp(service: AuthenticateUnderTest, secondsAgo: number, acr?: string): void {
  service.idp.authTime = Math.floor(service.clock.now().getTime() / 1_000) - secondsAgo
  service.idp.behave = { claims: (claims) => ({ ...claims, acr }) }
}

function assertExplained(answer: WebAnswer): void {
  assert.equal(answer.status, 403)
  assert.equal(answer.headers['postern-error'], 'IDP_AUTHENTICATION_INSUFFICIENT')
  assert.match(answer.body, /too long ago, or not in the way that is asked for/)
  assert.match(answer.body, /href="https:\/\/app\.test\/deep\/link\?q=1"[^>]*>Start again</)
  assert.ok(!answer.cookies.some((one) => /_authenticate=[^;]/.test(one)), 'no session')
}

describe('O7: max_age and acr_values (OpenID Connect Core 3.1.2.1, 3.1.3.7)', () => {
  it('are asked for, and who signed in so gets in', async () => {
    await using service = await startAsking(mfaWithinTenMinutes)
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    assert.equal(location.searchParams.get('acr_values'), 'phr mfa')
    assert.equal(location.searchParams.get('max_age'), '600')
    signedInAtIdp(service, 500, 'mfa')
    await service.redeem(await browser.get(service.idp.approve(location)))
  })

  it('keep out who did not, with a page that says so and a way on; no session begins', async () => {
    await using service = await startAsking(mfaWithinTenMinutes)
    for (const [secondsAgo, acr] of [
      [700, 'mfa'],
      [10, 'password'],
      [10, undefined],
    ] as const) {
      signedInAtIdp(service, secondsAgo, acr)
      assertExplained(await service.signIn(service.newBrowser()))
    }
  })

  it('keep out everybody at an IdP that does not say when people signed in', async () => {
    await using service = await startAsking({ max_age: '600' })
    service.idp.behave = { claims: ({ auth_time: _, ...claims }) => claims }
    assertExplained(await service.signIn(service.newBrowser()))
  })

  it('mean the sign-in itself: a refresh keeps its time, however long ago it is by now', async () => {
    await using service = await startAsking(mfaWithinTenMinutes)
    signedInAtIdp(service, 10, 'mfa')
    await service.signIn(service.newBrowser())
    const handle = service.lastSession()
    const { authTime } = service.idp
    for (let hour = 0; hour < 2; hour += 1) {
      service.clock.aheadMs += 3_600_000
      // An IdP may leave out of a refreshed token what cannot change.
      service.idp.behave = { claims: ({ auth_time: _, ...claims }) => claims }
      assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED')
    }
    const found = await service.store.find(handle)
    assert.ok(found.kind === 'found')
    const { acr, auth_time: time } = found.session.identity.claims
    assert.deepEqual([acr, time], [['mfa'], [authTime]], 'policies go on reading them')
  })

  it('end a session whose refresh tells of another time, even after one that told none (O10)', async () => {
    await using service = await startAsking({})
    await service.signIn(service.newBrowser())
    const handle = service.lastSession()
    service.clock.aheadMs += 3_600_000
    service.idp.behave = { claims: ({ auth_time: _, ...claims }) => claims }
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED')
    service.clock.aheadMs += 3_600_000
    service.idp.behave = { claims: (claims) => ({ ...claims, auth_time: service.idp.authTime + 60 }) }
    assert.equal(await service.refresh(handle), 'OUTCOME_ENDED')
  })

  it('end a session whose refresh tells of a lesser class', async () => {
    await using service = await startAsking({ acr_values: 'mfa' })
    signedInAtIdp(service, 10, 'mfa')
    await service.signIn(service.newBrowser())
    const handle = service.lastSession()
    service.clock.aheadMs += 3_600_000
    service.idp.behave = { claims: (claims) => ({ ...claims, acr: 'password' }) }
    assert.equal(await service.refresh(handle), 'OUTCOME_ENDED')
    assert.equal((await service.store.find(handle)).kind, 'absent')
  })
})
