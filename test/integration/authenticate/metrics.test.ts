import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { prometheusExposition } from '@postern/shared/metrics/prometheus.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { counted, samplesOf } from '../../support/counted.ts'

const refuse =
  (status: number, error: string) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
  }

async function anHourLater(service: AuthenticateUnderTest): Promise<SessionHandle> {
  await service.signIn(service.newBrowser())
  service.clock.aheadMs += 3_600_000
  return service.lastSession()
}

const idpCalls = ({ metrics }: AuthenticateUnderTest, endpoint: string, result: string) =>
  counted(metrics, 'postern_authenticate_idp_calls_total', { endpoint, result })
const refreshes = ({ metrics }: AuthenticateUnderTest, result: string) =>
  counted(metrics, 'postern_authenticate_refreshes_total', { result })

describe('what is counted of sign-ins', () => {
  it('is those that worked, and each call to the IdP by its endpoint', async () => {
    await using service = await AuthenticateUnderTest.start()
    await service.signIn(service.newBrowser())
    assert.equal(counted(service.metrics, 'postern_authenticate_sign_ins_total', { result: 'ok' }), 1)
    for (const endpoint of ['discovery', 'jwks', 'token', 'userinfo']) {
      assert.ok(idpCalls(service, endpoint, 'ok') >= 1, endpoint)
      assert.ok(counted(service.metrics, 'postern_authenticate_idp_call_duration_seconds', { endpoint }) >= 1)
    }
    assert.equal(idpCalls(service, 'token', 'ok'), 1)
    assert.equal(counted(service.metrics, 'postern_authenticate_idp_calls_total', { endpoint: 'other' }), 0)
  })

  it('is those that were refused, by code; the IdP’s failures by what they were (security case REL-D3)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    service.idp.behave = { instead: { '/token': refuse(503, 'temporarily_unavailable') } }
    await browser.get(service.idp.approve(location))
    await browser.get('https://auth.test/oauth2/callback?code=x&state=made-up')
    const signIns = (result: string) => counted(service.metrics, 'postern_authenticate_sign_ins_total', { result })
    assert.deepEqual([signIns('IDP_UNAVAILABLE'), signIns('FLOW_MISMATCH'), signIns('ok')], [1, 1, 0])
    assert.equal(idpCalls(service, 'token', '5xx'), 1)
  })

  it('is how old the keys are, and how far the clocks are apart (security cases REL-J2, REL-O1)', async () => {
    await using service = await AuthenticateUnderTest.start()
    await service.signIn(service.newBrowser())
    const age = () => samplesOf(service.metrics, 'postern_authenticate_jwks_age_seconds')[0]?.value ?? Infinity
    assert.ok(age() < 60)
    service.clock.aheadMs += 3_600_000
    assert.ok(age() >= 3_600)
    const handle = service.lastSession()
    await service.refresh(handle)
    // The IdP's `Date` is the real time, which our clock is an hour ahead of.
    const skew = counted(service.metrics, 'postern_authenticate_idp_clock_skew_seconds')
    assert.ok(Math.abs(skew + 3_600) < 60, String(skew))
  })

  it('is tickets, redeemed and refused', async () => {
    await using service = await AuthenticateUnderTest.start()
    const answer = await service.signIn(service.newBrowser())
    await service.redeem(answer)
    await service.redeem(answer).catch(() => undefined)
    const tickets = (result: string) => counted(service.metrics, 'postern_authenticate_tickets_total', { result })
    assert.deepEqual([tickets('redeemed'), tickets('refused')], [1, 1])
  })
})

describe('what is counted of refreshes', () => {
  it('is those that worked, and those that end a session (security case REL-H3)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    await service.refresh(handle)
    service.clock.aheadMs += 3_600_000
    service.idp.forgetRefreshToken()
    await service.refresh(handle)
    assert.deepEqual([refreshes(service, 'ok'), refreshes(service, 'invalid-grant')], [1, 1])
    assert.equal(counted(service.metrics, 'postern_authenticate_refresh_grace_active'), 0)
  })

  it('is a client secret that the IdP does not take, the operator’s alarm, and the grace that follows (security cases REL-H1, REL-H4)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const handle = await anHourLater(service)
    service.idp.behave = { instead: { '/token': refuse(401, 'invalid_client') } }
    assert.equal(await service.refresh(handle), 'OUTCOME_IDP_UNAVAILABLE')
    const grace = () => counted(service.metrics, 'postern_authenticate_refresh_grace_active')
    assert.deepEqual([refreshes(service, 'invalid-client'), grace()], [1, 1])
    service.idp.behave = { instead: { '/token': refuse(500, 'server_error') } }
    service.clock.aheadMs += 120_000
    await service.refresh(handle)
    assert.deepEqual([refreshes(service, 'unavailable'), grace()], [1, 1])
    service.idp.behave = {}
    service.clock.aheadMs += 120_000
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED')
    assert.deepEqual([refreshes(service, 'ok'), grace()], [1, 0])
  })
})

describe('what is counted of back-channel logouts', () => {
  it('is those that ended sessions, and those that were refused', async () => {
    await using service = await AuthenticateUnderTest.start()
    const send = (token: string) =>
      service.newBrowser().send('https://auth.test/.pomerium/backchannel_logout', {
        method: 'POST',
        form: { logout_token: token },
        headers: { accept: '*/*', 'sec-fetch-mode': '' },
      })
    await send(service.idp.logoutToken({ claims: { sub: 'ada' } }))
    await send('nonsense')
    const logouts = (result: string) =>
      counted(service.metrics, 'postern_authenticate_backchannel_logouts_total', { result })
    assert.deepEqual([logouts('ok'), logouts('LOGOUT_TOKEN_INVALID')], [1, 1])
  })
})

describe('the metrics of sign-ins', () => {
  it('hold no secret, no query and no person (security cases LOG-02, TOK-11)', async () => {
    await using service = await AuthenticateUnderTest.start()
    const browser = service.newBrowser()
    const hostile = 'hush-42'
    const query = `code=${hostile}&token=${hostile}&access_token=${hostile}&id_token_hint=${hostile}`
    const link = service.signInLink(`https://app.test/${hostile}?${query}`)
    await service.redeem(await service.signIn(browser, link))
    await service.refresh(service.lastSession())
    await browser.get(`https://auth.test/oauth2/callback?${query}&state=${hostile}`)
    await browser.get(`https://auth.test/.pomerium/sign_in?${query}`)
    await browser.get(`https://auth.test/metrics?${query}`)
    const text = await prometheusExposition(service.metrics).render()
    assert.match(text, /^postern_authenticate_sign_ins_total\{result="ok"\} 1$/m)
    for (const secret of [...service.secrets(browser), hostile, 'ada', 'app.test']) {
      assert.ok(!text.includes(secret), secret)
    }
  })
})
