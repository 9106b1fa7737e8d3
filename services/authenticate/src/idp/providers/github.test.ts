import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '@postern/shared/clock.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { Secret } from '@postern/shared/secret.ts'
import { GithubProvider } from './github.ts'

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}
const callback = new URL('https://auth.test/oauth2/callback')
const checks = { state: 'state', nonce: 'nonce', codeVerifier: 'v'.repeat(43), startedAt: new Date() }
const usual: Readonly<Record<string, unknown>> = {
  'https://github.com/login/oauth/access_token': { access_token: 'a', token_type: 'bearer', scope: 'read:org' },
  'https://api.github.com/user': { id: 583231, login: 'octocat', name: null, avatar_url: 'https://a.example/1' },
  'https://api.github.com/user/emails': [
    { email: 'old@example.com', primary: false, verified: true },
    { email: 'octocat@example.com', primary: true, verified: true },
  ],
  'https://api.github.com/user/orgs': [{ login: 'github' }, { login: 'acme' }],
}

function github(changes: Readonly<Record<string, unknown>> = {}, issuer = 'https://github.com'): GithubProvider {
  const answers = { ...usual, ...changes }
  const send = (url: string): Promise<Response> =>
    Promise.resolve(answers[url] === undefined ? new Response('no', { status: 404 }) : Response.json(answers[url]))
  const config = {
    provider: 'github',
    issuer: new URL(issuer),
    clientId: 'client',
    clientSecret: new Secret('secret'),
    scopes: undefined,
    requestParams: undefined,
  }
  return new GithubProvider(config, callback, { clock: systemClock, send: send as typeof fetch, log: silent })
}

const redeem = (provider: GithubProvider) =>
  provider.redeemCode(new URLSearchParams({ code: 'c', state: 'state' }), checks)

describe('GitHub', () => {
  it('is asked for addresses and organisations, with state and PKCE', async () => {
    const url = await github().authorizationUrl(checks)
    assert.equal(`${url.origin}${url.pathname}`, 'https://github.com/login/oauth/authorize')
    assert.equal(url.searchParams.get('scope'), 'user:email read:org')
    assert.equal(url.searchParams.get('state'), 'state')
    assert.equal(url.searchParams.get('code_challenge_method'), 'S256')
  })

  it('says who it is through its API', async () => {
    const { identity, issuer, tokens } = await redeem(github())
    assert.equal(issuer, 'https://github.com')
    assert.equal(tokens.idToken, undefined)
    assert.deepEqual(
      { ...identity, claims: { ...identity.claims } },
      {
        userId: '583231',
        email: 'octocat@example.com',
        name: 'octocat',
        claims: {
          sub: ['583231'],
          name: ['octocat'],
          preferred_username: ['octocat'],
          picture: ['https://a.example/1'],
          email: ['octocat@example.com'],
          email_verified: [true],
          groups: ['github', 'acme'],
        },
      },
    )
  })

  it('gives no address but a verified primary one', async () => {
    const unverified = [{ email: 'victim@example.com', primary: true, verified: false }]
    const { identity } = await redeem(github({ 'https://api.github.com/user/emails': unverified }))
    assert.equal(identity.email, undefined)
  })

  it('gives no group when the organisations may not be read', async () => {
    const { identity } = await redeem(github({ 'https://api.github.com/user/orgs': undefined }))
    assert.deepEqual(identity.claims['groups'], [])
  })

  it('lets nobody in when its API does not answer, or names nobody', async () => {
    await assert.rejects(redeem(github({ 'https://api.github.com/user/emails': undefined })), {
      code: 'IDP_UNAVAILABLE',
    })
    await assert.rejects(redeem(github({ 'https://api.github.com/user': {} })), { code: 'IDP_CLAIMS_REFUSED' })
  })

  it('lets nobody in with a code it refuses, which it says with status 200', async () => {
    const answer = { error: 'bad_verification_code' }
    const refused = redeem(github({ 'https://github.com/login/oauth/access_token': answer }))
    await assert.rejects(refused, { code: 'IDP_CLAIMS_REFUSED' })
  })

  it('may be an Enterprise Server', async () => {
    const url = await github({}, 'https://git.example.com').authorizationUrl(checks)
    assert.equal(url.origin, 'https://git.example.com')
  })
})
