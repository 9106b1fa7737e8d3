import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { ada, mallory } from '@postern/dev/idp/people.ts'
import { startIdentityProvider, type IdentityProvider } from '@postern/dev/identity-provider.ts'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'
import { WebClient, type WebAnswer } from '../../support/web-client.ts'

const client = { clientId: 'postern', clientSecret: 'the client secret' }
const redirectUri = 'https://tool.test/callback'
const api = 'https://api.example.com/'

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
}

describe('access tokens of a certified OpenID provider', () => {
  let provider: IdentityProvider
  let stack: WholeStack

  before(async () => {
    const postLogoutRedirectUris: string[] = []
    provider = await startIdentityProvider({ ...client, redirectUris: [redirectUri], postLogoutRedirectUris })
    stack = await startWholeStack({
      routes: `- {from: https://app.test, to: UPSTREAM, allowed_users: [${ada.email}, ${ada.id}]}`,
      settings: `
bearer_token_format: idp_access_token
idp_access_token_allowed_audiences: ["${api}", ${client.clientId}]
`,
      provider: { issuer: provider.issuer, ...client },
    })
  })
  after(async () => {
    await stack[Symbol.asyncDispose]()
    await provider[Symbol.asyncDispose]()
  })

  /** A tool signs its person in, for the provider’s own userinfo endpoint or for an API. */
  async function signIn(person: string, resource?: string): Promise<Tokens> {
    const verifier = randomBytes(32).toString('base64url')
    const start = new URL(`${provider.issuer}/auth`)
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    for (const [name, value] of Object.entries({
      client_id: client.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid email offline_access',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...(resource === undefined ? {} : { resource }),
    })) {
      start.searchParams.set(name, value)
    }
    const code = await throughProvider(start, person)
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
    return (await post('/token', resource === undefined ? form : { ...form, resource })) as unknown as Tokens
  }

  async function throughProvider(start: URL, person: string): Promise<string> {
    const browser = new WebClient(Number(new URL(provider.issuer).port))
    let url = start
    for (let step = 0; step < 10; step += 1) {
      if (url.href.startsWith(redirectUri)) return url.searchParams.get('code') ?? ''
      let answer: WebAnswer = await browser.get(url)
      if (answer.status === 200) answer = await browser.post(url, { person })
      assert.ok(answer.status < 400, answer.body)
      url = answer.location
    }
    throw new Error('the provider does not lead back')
  }

  async function post(
    path: string,
    form: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const body = new URLSearchParams({ ...form, client_id: client.clientId, client_secret: client.clientSecret })
    const response = await fetch(`${provider.issuer}${path}`, { method: 'POST', body })
    const text = await response.text()
    assert.ok(response.ok, text)
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  }

  const present = async (token: string): Promise<number> =>
    (await stack.newBrowser().get('https://app.test/', { headers: { authorization: `Bearer ${token}` } })).status

  it('that are opaque get their person in, and nobody else', async () => {
    const before = provider.requests.length
    const { access_token: token } = await signIn(ada.id)
    assert.ok(!token.includes('.'))
    assert.equal(await present(token), 200)
    assert.ok(provider.requests.slice(before).includes('POST /token/introspection'))
    assert.equal(await present((await signIn(mallory.id)).access_token), 403)
  })

  it('that are JWTs for an API get their person in, and those for another API do not', async () => {
    const { access_token: token } = await signIn(ada.id, api)
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
    const before = provider.requests.length
    assert.equal(await present(token), 200)
    assert.ok(!provider.requests.slice(before).includes('POST /token/introspection'))
    assert.equal(await present((await signIn(ada.id, 'https://other.example.com/')).access_token), 403)
  })

  it('that were revoked do not count', async () => {
    const { access_token: token } = await signIn(ada.id)
    await post('/token/revocation', { token })
    assert.equal(await present(token), 403)
  })

  it('are something else than ID tokens and refresh tokens, although these are for a client that is listed', async () => {
    const { id_token: idToken, refresh_token: refreshToken } = await signIn(ada.id)
    for (const token of [idToken, refreshToken]) assert.equal(await present(token), 403)
  })

  it('are asked for by the provider alone: while it is away nobody is let in, and nobody is refused', async () => {
    const { access_token: token } = await signIn(ada.id)
    await provider[Symbol.asyncDispose]()
    assert.equal(await present(token), 503)
  })
})
