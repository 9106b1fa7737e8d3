import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startIdentityProvider } from '../../../dev/src/identity-provider.ts'
import { serve } from '../../../dev/src/serve.ts'
import { freePort } from '../../support/redis-server.ts'
import { holdsNoSecret, runDoctor, usualConfig } from '../../support/doctor.ts'

const client = {
  clientId: 'postern',
  clientSecret: 'x',
  redirectUris: ['http://127.0.0.1/cb'],
  postLogoutRedirectUris: [],
}

async function doctor(issuer: string, settings = '') {
  const yaml = `${usualConfig.replace('http://127.0.0.1:9', issuer)}${settings}routes: []\n`
  const outcome = await runDoctor(yaml, '--json', '--only', 'idp')
  holdsNoSecret(outcome)
  return outcome
}

/** A provider that says of itself what a test lets it say. `ISSUER` stands for its own address. */
async function providerThatSays(
  changes: object,
  keySet: unknown = { keys: [{ kty: 'RSA', use: 'sig', n: 'x', e: 'AQAB' }] },
) {
  let issuer = ''
  const serving = await serve((request, response) => {
    const document = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      ...changes,
    }
    const isKeys = request.url === '/keys'
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(isKeys ? keySet : document))
  })
  issuer = serving.url
  return serving
}

describe('postern doctor, asking the identity provider', () => {
  it('a real provider: discovery, keys, PKCE, scopes, and the address to register', async () => {
    await using idp = await startIdentityProvider(client)
    const { code, lines } = await doctor(idp.issuer)
    assert.equal(code, 0)
    assert.deepEqual(lines, [
      `ok ${idp.issuer}: discovery answers, and its issuer is the configured one`,
      `ok ${idp.issuer}: 1 signing key can be read`,
      `ok ${idp.issuer}: supports PKCE with S256`,
      `ok ${idp.issuer}: knows the scopes that are asked for: openid profile email offline_access`,
      `ok ${idp.issuer}: redirect URI to register for client postern: https://authenticate.example.invalid/oauth2/callback`,
    ])
    assert.ok(idp.requests.every((request) => request.startsWith('GET ')))
  })

  it('nobody there', async () => {
    const { code, lines } = await doctor(`http://127.0.0.1:${String(await freePort())}`)
    assert.equal(code, 1)
    assert.match(lines[0] ?? '', /^problem .*does not answer, so nobody can sign in: .*nothing listens there/)
    assert.match(lines[1] ?? '', /redirect URI to register/)
  })

  it('another issuer than the configured one: both are named', async () => {
    await using idp = await providerThatSays({ issuer: 'https://login.example.com/tenant' })
    const { lines } = await doctor(idp.url)
    assert.match(
      lines[0] ?? '',
      /^problem .*calls itself https:\/\/login\.example\.com\/tenant, .*→ Set idp_provider_url: https:\/\/login\.example\.com\/tenant/,
    )
  })

  it('no discovery document at this address', async () => {
    await using web = await serve((_, response) => response.writeHead(404).end('no such page'))
    const { lines } = await doctor(web.url)
    assert.match(
      lines[0] ?? '',
      /^problem .*answers 404 for http.*openid-configuration → Set idp_provider_url to the issuer itself/,
    )
    await using page = await serve((_, response) => response.end('<html>a portal</html>'))
    const second = await doctor(page.url)
    assert.match(second.lines[0] ?? '', /^problem .*is no discovery document/)
  })

  it('keys that cannot be read, and none', async () => {
    await using broken = await providerThatSays({}, 'nothing')
    assert.match((await doctor(broken.url)).lines[1] ?? '', /^problem .*signing keys \(jwks_uri\) cannot be read/)
    await using empty = await providerThatSays({}, { keys: [{ kty: 'oct' }] })
    assert.match((await doctor(empty.url)).lines[1] ?? '', /^problem .*publishes no signing key/)
  })

  it('a provider without an endpoint, without S256, and without a scope', async () => {
    await using idp = await providerThatSays({
      token_endpoint: undefined,
      code_challenge_methods_supported: ['plain'],
      scopes_supported: ['openid', 'email', 'profile'],
    })
    const { code, lines } = await doctor(idp.url)
    assert.equal(code, 1)
    assert.match(lines[0] ?? '', /^problem .*names no token_endpoint/)
    assert.match(lines[2] ?? '', /^warning .*does not list PKCE with S256/)
    assert.match(lines[3] ?? '', /^warning .*does not list the scope offline_access, .*idp_scopes/)
    const { lines: mended } = await doctor(idp.url, 'idp_scopes: [openid, email]\n')
    assert.match(mended[3] ?? '', /^ok .*openid email/)
  })

  it('one that never answers', async () => {
    await using silent = await serve(() => undefined)
    const yaml = `${usualConfig.replace('http://127.0.0.1:9', silent.url)}routes: []\n`
    const { lines } = await runDoctor(yaml, '--json', '--only', 'idp', '--timeout', '1')
    assert.match(lines[0] ?? '', /^problem .*no answer/)
  })
})
