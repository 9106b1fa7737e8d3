import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { Misbehaviour } from '../../support/misbehaving-idp.ts'
import type { WebAnswer } from '../../support/web-client.ts'

const now = (): number => Math.floor(Date.now() / 1_000)

let service: AuthenticateUnderTest
before(async () => (service = await AuthenticateUnderTest.start()))
after(() => service[Symbol.asyncDispose]())
afterEach(() => (service.idp.behave = {}))

async function signInWith(behave: Misbehaviour): Promise<WebAnswer> {
  service.idp.behave = behave
  const browser = service.newBrowser()
  const answer = await service.signIn(browser)
  const written = service.logText.join('')
  for (const secret of service.secrets(browser)) assert.ok(!written.includes(secret), 'a secret is in the log')
  return answer
}

function assertRefused(answer: WebAnswer, code: string): void {
  assert.equal(answer.headers['postern-error'], code)
  assert.ok(!answer.cookies.some((one) => /_authenticate=[^;]/.test(one)), 'no session')
  assert.match(answer.body, /Start again/)
}

describe('a sign-in is refused when the ID token has (security-cases 3.3)', () => {
  const cases: readonly [string, Misbehaviour][] = [
    ['a bad signature (OIDC-01)', { signature: () => Buffer.alloc(256, 7).toString('base64url') }],
    ['no signature and alg none (OIDC-02)', { header: () => ({ alg: 'none' }), signature: () => '' }],
    [
      'an HMAC with the client secret (OIDC-02)',
      {
        header: () => ({ alg: 'HS256' }),
        signature: (input) => createHmac('sha256', service.idp.clientSecret).update(input).digest('base64url'),
      },
    ],
    ['a critical extension nobody knows', { header: (header) => ({ ...header, crit: ['b64'], b64: false }) }],
    ['another issuer (OIDC-03)', { claims: (claims) => ({ ...claims, iss: 'https://evil.example.com' }) }],
    ['another audience (OIDC-04)', { claims: (claims) => ({ ...claims, aud: 'somebody' }) }],
    ['two audiences without azp (OIDC-04)', { claims: (claims) => ({ ...claims, aud: ['postern', 'other'] }) }],
    ['another azp (OIDC-04)', { claims: (claims) => ({ ...claims, aud: ['postern', 'other'], azp: 'other' }) }],
    ['an azp of another client, for us alone', { claims: (claims) => ({ ...claims, azp: 'other' }) }],
    ['expired (OIDC-05)', { claims: (claims) => ({ ...claims, exp: now() - 300 }) }],
    ['no expiry', { claims: ({ exp: _, ...claims }) => claims }],
    ['been issued in ten minutes (OIDC-05)', { claims: (claims) => ({ ...claims, iat: now() + 600 }) }],
    ['become good in ten minutes (OIDC-05)', { claims: (claims) => ({ ...claims, nbf: now() + 600 }) }],
    ['no nonce (OIDC-07)', { claims: ({ nonce: _, ...claims }) => claims }],
    ['another nonce (OIDC-07)', { claims: (claims) => ({ ...claims, nonce: 'x'.repeat(43) }) }],
    ['another at_hash (OIDC-08)', { claims: (claims) => ({ ...claims, at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }) }],
    ['no subject', { claims: ({ sub: _, ...claims }) => claims }],
    ['an unverified address (OIDC-10)', { claims: (claims) => ({ ...claims, email_verified: false }) }],
    ['an address unverified in words (OIDC-10)', { claims: (claims) => ({ ...claims, email_verified: 'false' }) }],
    ['a subject that userinfo denies (OIDC-11)', { userInfo: (claims) => ({ ...claims, sub: 'mallory' }) }],
    ['an unverified address in userinfo', { userInfo: (claims) => ({ ...claims, email_verified: false }) }],
    ['not come at all (OIDC-16)', { tokens: ({ id_token: _, ...answer }) => answer }],
    ['come with another kind of token (OIDC-16)', { tokens: (answer) => ({ ...answer, token_type: 'mac' }) }],
  ]
  for (const [title, behave] of cases) {
    it(title, async () => assertRefused(await signInWith(behave), 'IDP_CLAIMS_REFUSED'))
  }
})

describe('a sign-in is accepted when the ID token has', () => {
  const cases: readonly [string, Misbehaviour][] = [
    ['two audiences and azp names us', { claims: (claims) => ({ ...claims, aud: ['postern', 'x'], azp: 'postern' }) }],
    ['expired by a clock a little ahead', { claims: (claims) => ({ ...claims, exp: now() - 10 }) }],
    ['a verified address in words (OIDC-10)', { claims: (claims) => ({ ...claims, email_verified: 'true' }) }],
    ['no at_hash', { claims: ({ at_hash: _, ...claims }) => claims }],
    ['claims named __proto__', { claims: (claims) => ({ ...claims, ...JSON.parse('{"__proto__":{"x":1}}') }) }],
  ]
  for (const [title, behave] of cases) {
    it(title, async () => {
      const answer = await signInWith(behave)
      assert.equal(answer.status, 302)
      await service.redeem(answer)
    })
  }
})

describe('what the IdP says', () => {
  it('is normalised into the session: userinfo fills in what the ID token lacks', async () => {
    await signInWith({ claims: (claims) => ({ ...claims, address: { country: 'GB' } }) })
    const event = service.log.lines.findLast((line) => line.message === 'sign-in')
    assert.equal(event?.fields['user'], 'ada')
    const page = service.newBrowser()
    await service.signIn(page)
    const shown = await page.get('https://auth.test/.pomerium/')
    assert.match(shown.body, /ada@example\.com/)
    assert.match(shown.body, /engineering/)
  })

  it('is refused by a page, without a session and without a loop, when the person declines (CSRF-10)', async () => {
    for (const [error, status] of [
      ['access_denied', 403],
      ['login_required', 403],
      ['interaction_required', 403],
      ['something_new', 403],
      ['temporarily_unavailable', 503],
      ['server_error', 503],
    ] as const) {
      const browser = service.newBrowser()
      const { location } = await browser.get(service.signInLink())
      const answer = await browser.get(service.idp.decline(location, error))
      assert.equal(answer.status, status, error)
      assert.match(answer.body, /Start again/)
    }
  })

  it('is text on our pages, never markup (XSS-01)', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    const attack = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}${7*7}'
    const answer = await browser.get(service.idp.decline(location, attack, attack))
    assert.doesNotMatch(answer.body, /<script|<img/)
    assert.match(answer.body, /&lt;script&gt;/)
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/)
    assert.match(String(answer.headers['content-security-policy']), /frame-ancestors 'none'/)
  })
})
