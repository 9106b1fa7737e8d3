import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts'

const redirectUri = 'http://authenticate.localhost:8080/oauth2/callback'
const signedOut = 'http://authenticate.localhost:8080/.pomerium/signed_out'
const verifier = 'a-code-verifier-that-is-long-enough-for-rfc-7636'
const client = { client_id: 'postern', client_secret: 'secret' }

/** As much of a browser as a sign-in needs: cookies, and redirects one at a time. */
class Visitor {
  readonly #cookies = new Map<string, string>()
  readonly #origin: string
  constructor(origin: string) {
    this.#origin = origin
  }
  async open(path: string, form?: Record<string, string>): Promise<Response> {
    const response = await fetch(new URL(path, this.#origin), {
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }
  async follow(response: Response): Promise<Response> {
    return this.open(response.headers.get('location') ?? '')
  }
}

describe('the local identity provider', () => {
  let idp: IdentityProvider
  const authorization = (parameters: Record<string, string> = {}) =>
    `/auth?${new URLSearchParams({
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid profile email offline_access',
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...parameters,
    }).toString()}`
  /** To the sign-in page, one click, and back; the address that the browser is sent to. */
  const signIn = async (visitor: Visitor, person: string, path = authorization()) => {
    const page = await visitor.open(path)
    const resumed = await visitor.open(page.headers.get('location') ?? '', { person })
    return new URL((await visitor.follow(resumed)).headers.get('location') ?? '')
  }
  const tokens = async (form: Record<string, string>) => {
    const response = await fetch(`${idp.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...client, ...form }),
    })
    return (await response.json()) as Record<string, string>
  }
  const redeem = (callback: URL) =>
    tokens({
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
    })

  before(async () => {
    idp = await startIdentityProvider({
      clientId: client.client_id,
      clientSecret: client.client_secret,
      redirectUris: [redirectUri],
      postLogoutRedirectUris: [signedOut],
      applicationUrl: 'http://hello.localhost:8080/',
    })
  })
  after(() => idp[Symbol.asyncDispose]())

  it('shows both people on one page and signs in with one click, without asking for consent', async () => {
    const visitor = new Visitor(idp.issuer)
    const page = await (await visitor.follow(await visitor.open(authorization()))).text()
    assert.match(page, /Ada Lovelace[\s\S]*ada@example\.com[\s\S]*Mallory Stranger[\s\S]*mallory@elsewhere\.test/)
    const callback = await signIn(new Visitor(idp.issuer), 'user-ada')
    assert.equal(callback.origin + callback.pathname, redirectUri)
    assert.equal(callback.searchParams.get('state'), 'the-state')
  })

  it('issues an ID token that its key set verifies, with e-mail and name in it, and a refresh token', async () => {
    const issued = await redeem(await signIn(new Visitor(idp.issuer), 'user-mallory'))
    const keySet = createLocalJWKSet((await (await fetch(`${idp.issuer}/jwks`)).json()) as never)
    const { payload } = await jwtVerify(issued['id_token'] ?? '', keySet, { issuer: idp.issuer, audience: 'postern' })
    assert.deepEqual(
      [payload['email'], payload['email_verified'], payload['name'], payload['nonce']],
      ['mallory@elsewhere.test', true, 'Mallory Stranger', 'the-nonce'],
    )
    const refreshed = await tokens({ grant_type: 'refresh_token', refresh_token: issued['refresh_token'] ?? '' })
    assert.equal(decodeJwt(refreshed['id_token'] ?? '').sub, 'user-mallory')
  })

  it('refuses a request without PKCE, an unregistered address, and the same code twice', async () => {
    const withoutPkce = await new Visitor(idp.issuer).open(
      authorization({ code_challenge: '', code_challenge_method: '' }),
    )
    assert.match(withoutPkce.headers.get('location') ?? '', /error=invalid_request/)
    const elsewhere = await new Visitor(idp.issuer).open(authorization({ redirect_uri: 'https://evil.example/' }))
    assert.equal(elsewhere.status, 400)
    const callback = await signIn(new Visitor(idp.issuer), 'user-ada')
    await redeem(callback)
    assert.equal((await redeem(callback))['error'], 'invalid_grant')
  })

  it('says access_denied when the person cancels', async () => {
    const callback = await signIn(new Visitor(idp.issuer), '')
    assert.equal(callback.searchParams.get('error'), 'access_denied')
  })

  it('leads somebody who went back to a sign-in that is over on to the application', async () => {
    const visitor = new Visitor(idp.issuer)
    const page = (await visitor.open(authorization())).headers.get('location') ?? ''
    await visitor.follow(await visitor.open(page, { person: 'user-ada' }))
    const back = await visitor.open(page)
    assert.equal(back.status, 400)
    assert.match(await back.text(), /<a href="http:\/\/hello\.localhost:8080\/">Go on to the application<\/a>/)
  })

  it('remembers who signed in, until they sign out; no confirmation is asked for', async () => {
    const visitor = new Visitor(idp.issuer)
    const { id_token: hint = '' } = await redeem(await signIn(visitor, 'user-ada'))
    assert.match((await visitor.open(authorization())).headers.get('location') ?? '', /code=/)
    const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: signedOut })
    const page = await (await visitor.open(`/session/end?${query.toString()}`)).text()
    assert.match(page, /forms\[0\]\.submit\(\)/)
    const [, secret = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? []
    const done = await visitor.open('/session/end/confirm', { xsrf: secret, logout: 'yes' })
    assert.equal(done.headers.get('location'), signedOut)
    assert.match((await visitor.open(authorization())).headers.get('location') ?? '', /\/interaction\//)
  })

  it('revokes a refresh token', async () => {
    const { refresh_token: token = '' } = await redeem(await signIn(new Visitor(idp.issuer), 'user-ada'))
    const form = new URLSearchParams({ ...client, token })
    assert.equal((await fetch(`${idp.issuer}/token/revocation`, { method: 'POST', body: form })).status, 200)
    assert.equal((await tokens({ grant_type: 'refresh_token', refresh_token: token }))['error'], 'invalid_grant')
  })
})
