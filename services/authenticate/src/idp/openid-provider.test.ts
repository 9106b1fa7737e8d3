import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { systemClock } from '@postern/shared/clock.ts'
import type { IdpConfig } from '@postern/shared/config/model.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { Secret } from '@postern/shared/secret.ts'
import { OpenidProvider } from './openid-provider.ts'

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}
const callback = new URL('https://auth.test/oauth2/callback')
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

function aProvider(config: Partial<IdpConfig>, answers: Record<string, unknown>): OpenidProvider {
  const send = (url: string): Promise<Response> =>
    Promise.resolve(Response.json(answers[url] ?? {}, { status: url in answers ? 200 : 404 }))
  const full: IdpConfig = {
    provider: 'oidc',
    issuer: new URL('https://idp.example.com'),
    clientId: 'client',
    clientSecret: new Secret('secret'),
    scopes: undefined,
    requestParams: undefined,
    ...config,
  }
  return new OpenidProvider(full, callback, { clock: systemClock, log: silent, send: send as typeof fetch })
}

const checks = { state: 'state', nonce: 'nonce', codeVerifier: 'v'.repeat(43), startedAt: new Date() }

describe('Entra ID for all tenants', () => {
  const root = 'https://login.microsoftonline.com/common/v2.0'
  const tenant = 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0'
  const metadata = {
    issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
    authorization_endpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    token_endpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    jwks_uri: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    id_token_signing_alg_values_supported: ['RS256'],
  }

  const now = Math.floor(Date.now() / 1_000)

  function signed(claims: object, header: object = {}): string {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const input = `${part({ alg: 'RS256', kid: 'k', ...header })}.${part(claims)}`
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
  }

  function signedInAt(issuer: string, more: object = {}): OpenidProvider {
    const tid = '9188040d-6c67-4c5b-b112-36a304b66dad'
    const claims = {
      iss: issuer,
      tid,
      aud: 'client',
      sub: 'pairwise',
      oid: 'ada',
      nonce: 'nonce',
      iat: now,
      exp: now + 60,
    }
    const idToken = signed({ ...claims, email: 'ada@example.com', email_verified: true, ...more })
    return aProvider(
      { provider: 'azure', issuer: new URL(root) },
      {
        [`${root}/.well-known/openid-configuration`]: metadata,
        [metadata.jwks_uri]: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] },
        [metadata.token_endpoint]: { access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: idToken },
      },
    )
  }

  it('names the person by oid and the issuer by their tenant', async () => {
    const signIn = await signedInAt(tenant).redeemCode(new URLSearchParams({ code: 'c', state: 'state' }), checks)
    assert.equal(signIn.identity.userId, 'ada')
    assert.equal(signIn.issuer, tenant)
  })

  it('believes an address only where Entra ID knows whose domain it is: any organisation can write any address', async () => {
    const code = new URLSearchParams({ code: 'c', state: 'state' })
    for (const more of [{}, { xms_edov: false }, { xms_edov: 0 }, { email: undefined, mail: 'ada@example.com' }]) {
      const { identity } = await signedInAt(tenant, more).redeemCode(code, checks)
      assert.deepEqual(
        [identity.email, identity.claims['email'], identity.claims['mail']],
        [undefined, undefined, undefined],
      )
    }
    for (const more of [{ xms_edov: true }, { xms_edov: '1' }, { xms_edov: 1 }]) {
      const { identity } = await signedInAt(tenant, more).redeemCode(code, checks)
      assert.equal(identity.email, 'ada@example.com')
    }
  })

  const logoutToken = (claims: object): string => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
    return signed({ iss: tenant, aud: 'client', sub: 'pairwise', jti: 'j', iat: now, exp: now + 60, events, ...claims })
  }
  const ended = (claims: object) => signedInAt(tenant).verifyLogoutToken(logoutToken(claims))
  const tid = '9188040d-6c67-4c5b-b112-36a304b66dad'

  it('says in a logout token who signed out, of which tenant', async () => {
    assert.deepEqual((await ended({})).names, ['pairwise'])
    assert.deepEqual((await ended({ oid: 'ada', tid })).names, ['ada', 'pairwise'])
    assert.equal((await ended({ tid })).issuer, tenant)
    assert.equal((await ended({})).issuer, tenant)
  })

  it('is not believed about another tenant than that of the token, or about none', async () => {
    const root = 'https://login.microsoftonline.com'
    for (const claims of [
      { tid: 'another' },
      { iss: `${root}/{tenantid}/v2.0` },
      { iss: `${root}/a/b/v2.0` },
      { iss: `${root}//v2.0` },
      { iss: undefined },
      { iss: 'https://evil.com/v2.0' },
    ]) {
      await assert.rejects(ended(claims), { code: 'LOGOUT_TOKEN_INVALID' }, JSON.stringify(claims))
    }
  })

  it('refuses an issuer that is not the tenant of the token', async () => {
    const other = signedInAt('https://login.microsoftonline.com/another/v2.0')
    const redeemed = other.redeemCode(new URLSearchParams({ code: 'c', state: 'state' }), checks)
    await assert.rejects(redeemed, { code: 'IDP_CLAIMS_REFUSED' })
  })
})

describe('an authorization request', () => {
  const document = {
    issuer: 'https://idp.example.com/realm',
    authorization_endpoint: 'https://idp.example.com/realm/authorize?tenant=7',
    token_endpoint: 'https://idp.example.com/realm/token',
    jwks_uri: 'https://idp.example.com/realm/jwks',
  }
  const issuer = new URL('https://idp.example.com/realm')
  const answers = { 'https://idp.example.com/realm/.well-known/openid-configuration': document }

  it('carries state, nonce and the S256 challenge, whether or not the IdP says it knows PKCE', async () => {
    const url = await aProvider({ issuer }, answers).authorizationUrl(checks)
    const asked = Object.fromEntries(url.searchParams)
    assert.deepEqual(asked, {
      tenant: '7',
      client_id: 'client',
      response_type: 'code',
      redirect_uri: callback.href,
      scope: 'openid profile email offline_access',
      state: 'state',
      nonce: 'nonce',
      code_challenge: createHash('sha256').update(checks.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
  })

  it('is not made over plain HTTP', async () => {
    const plain = { ...document, authorization_endpoint: 'http://idp.example.com/authorize' }
    const provider = aProvider({ issuer }, { [Object.keys(answers)[0] ?? '']: plain })
    await assert.rejects(provider.authorizationUrl(checks), { code: 'IDP_UNAVAILABLE' })
  })

  it('names its client configuration, so that sessions of another are told apart', () => {
    const one = aProvider({ issuer }, answers)
    assert.equal(one.id, aProvider({ issuer, clientSecret: new Secret('rotated') }, answers).id)
    assert.notEqual(one.id, aProvider({ issuer, clientId: 'other' }, answers).id)
    assert.notEqual(one.id, aProvider({}, answers).id)
  })
})
