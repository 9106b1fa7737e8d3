import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baseConfig, errorsOf, load } from '../config-fixture.ts'
import type { LoadedConfig } from '../load-config.ts'
import { idpIdOf } from '../../session/idp-id.ts'

const issuers = `identity_providers:
  ci:
    issuer: https://token.actions.githubusercontent.com
    audiences: https://hello.example.com
  cluster:
    issuer: https://kubernetes.default.svc
    jwks_url: https://10.0.0.1/openid/v1/jwks
    supported_algs: [RS256]
    audiences: [postern, hello]
`

const route = (more: string): string => `routes:
- {from: https://hello.example.com, to: https://b.example.net, allow_any_authenticated_user: true, ${more}}
`

const bearerOf = ({ authorize }: LoadedConfig): unknown => authorize.routes[0]?.bearer

describe('bearer_token_format', () => {
  it('default leaves Authorization to the application', () => {
    const config = load(baseConfig + route('name: x'))
    assert.equal(bearerOf(config), undefined)
    assert.deepEqual(config.proxy.routes[0]?.headersForPolicy, [])
    assert.equal(
      bearerOf(load(`${baseConfig}bearer_token_format: jwt\n${issuers}${route('bearer_token_format: default')}`)),
      undefined,
    )
  })

  it('google_identity_token takes tokens of service accounts, and the proxy sends them to authorize', () => {
    const config = load(baseConfig + route('bearer_token_format: google_identity_token'))
    assert.deepEqual(bearerOf(config), { kind: 'google-identity-token' })
    assert.deepEqual(config.proxy.routes[0]?.headersForPolicy, ['authorization'])
  })

  it('jwt takes tokens of all third parties, or of those that the route names', () => {
    const cluster = {
      name: 'cluster',
      issuer: 'https://kubernetes.default.svc',
      jwksUrl: new URL('https://10.0.0.1/openid/v1/jwks'),
      algorithms: ['RS256'],
      audiences: ['postern', 'hello'],
    }
    const all = load(`${baseConfig}bearer_token_format: jwt\n${issuers}${route('name: x')}`)
    const ci = {
      name: 'ci',
      issuer: 'https://token.actions.githubusercontent.com',
      jwksUrl: undefined,
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      audiences: ['https://hello.example.com'],
    }
    assert.deepEqual(bearerOf(all), { kind: 'jwt', issuers: [ci, cluster] })
    const some = load(`${baseConfig}${issuers}${route('bearer_token_format: jwt, identity_providers: [cluster]')}`)
    assert.deepEqual(bearerOf(some), { kind: 'jwt', issuers: [cluster] })
  })

  it('idp_identity_token takes tokens made for the route’s client at the identity provider', () => {
    const text = `${baseConfig}bearer_token_format: idp_identity_token\n`
    const usual = {
      kind: 'idp-identity-token',
      issuer: 'https://accounts.google.com',
      clientId: '1234.apps.googleusercontent.com',
      userIdClaim: undefined,
    }
    assert.deepEqual(bearerOf(load(text + route('name: x'))), usual)
    const own = load(text + route('idp_client_id: own, idp_client_secret: s3cr3t'))
    assert.deepEqual(bearerOf(own), { ...usual, clientId: 'own' })
  })

  it('idp_identity_token needs one issuer: not Entra ID for all organisations', () => {
    const azure = `${baseConfig.replace('idp_provider: google', 'idp_provider: azure')}bearer_token_format: idp_identity_token\n`
    const place = 'https://login.microsoftonline.com'
    assert.match(
      errorsOf(azure).join(),
      /bearer_token_format: Entra ID for all organisations .* set idp_provider_url to/,
    )
    assert.equal(errorsOf(`${azure}idp_provider_url: ${place}/organizations/v2.0\n`).length, 1)
    assert.deepEqual(errorsOf(`${azure}idp_provider_url: ${place}/9f2c-tenant/v2.0\n`), [])
  })

  it('idp_access_token takes tokens for the audiences of the route, or for those of all routes', () => {
    const text = `${baseConfig}bearer_token_format: idp_access_token\nidp_access_token_allowed_audiences: [a, b]\n`
    const idpId = idpIdOf(new URL('https://accounts.google.com'), '1234.apps.googleusercontent.com')
    const usual = { kind: 'idp-access-token', idpId, audiences: ['a', 'b'] }
    assert.deepEqual(bearerOf(load(text + route('name: x'))), usual)
    const own = load(text + route('idp_access_token_allowed_audiences: c'))
    assert.deepEqual(bearerOf(own), { ...usual, audiences: ['c'] })
    const client = load(text + route('idp_client_id: own, idp_client_secret: s3cr3t'))
    const ownId = idpIdOf(new URL('https://accounts.google.com'), 'own')
    assert.deepEqual(bearerOf(client), { ...usual, idpId: ownId })
    assert.equal(client.authenticate.routeIdps?.[0]?.clientId, 'own')
  })

  it('another choice is another configuration, for proxy and authorize alike', () => {
    const revision = (text: string): string => load(baseConfig + text + route('name: x')).revision
    const audiences = 'idp_access_token_allowed_audiences: [a]\n'
    const format = 'bearer_token_format: google_identity_token\n'
    const revisions = ['', issuers, format, 'idp_groups_claim: roles\n', audiences].map(revision)
    assert.equal(new Set(revisions).size, 5)
  })
})

describe('idp_groups_claim', () => {
  it('is demanded of the identity provider where it is given, and only there', () => {
    const idp = (text: string): unknown => load(baseConfig + text + route('name: x')).authenticate.idp.groupsClaim
    assert.deepEqual([idp(''), idp('idp_groups_claim: groups\n')], [undefined, 'groups'])
  })
})

describe('bearer tokens are refused by name', () => {
  const cases: readonly [title: string, text: string, ...messages: RegExp[]][] = [
    [
      'access tokens without a list of audiences',
      route('bearer_token_format: idp_access_token'),
      /\.bearer_token_format: idp_access_token needs idp_access_token_allowed_audiences/,
    ],
    [
      'access tokens of all routes without a list of audiences',
      `bearer_token_format: idp_access_token\n${route('name: x')}`,
      /routes\.0: bearer_token_format idp_access_token needs idp_access_token_allowed_audiences/,
    ],
    ['an unknown format', route('bearer_token_format: any'), /expected one of default, google_identity_token, jwt/],
    ['jwt without issuers', route('bearer_token_format: jwt'), /needs identity_providers/],
    ['an issuer that nobody knows', issuers + route('identity_providers: [cj]'), /"cj" is not among/],
    ['an issuer without TLS', issuers.replace('https://kub', 'http://kub') + route('name: x'), /plain http/],
    ['keys without TLS', issuers.replace('https://10', 'http://10') + route('name: x'), /plain http/],
    [
      'the special issuer kubernetes:///',
      issuers.replace('https://kubernetes.default.svc', 'kubernetes:///') + route('name: x'),
      /Kubernetes API/,
    ],
    [
      'one issuer under two names',
      issuers.replace('https://kubernetes.default.svc', 'https://token.actions.githubusercontent.com') +
        route('name: x'),
      /this is the issuer of ci too/,
    ],
    ['shared-key algorithms', issuers.replace('[RS256]', '[HS256]') + route('name: x'), /supported_algs/],
    ['no audiences', issuers.replace('[postern, hello]', '[]') + route('name: x'), /audiences/],
    ['a name with a slash', issuers.replace('  ci:', '  c/i:') + route('name: x'), /"c\/i" is not legal/],
    ['a misspelt key', issuers.replace('jwks_url', 'jwks_uri') + route('name: x'), /identity_providers/],
  ]
  for (const [title, text, ...messages] of cases) {
    it(title, () => {
      const errors = errorsOf(baseConfig + text)
      assert.equal(errors.length, messages.length, errors.join('\n'))
      for (const [index, message] of messages.entries()) assert.match(errors[index] ?? '', message)
    })
  }
})

describe('access tokens are refused where the identity provider', () => {
  const text = `bearer_token_format: idp_access_token\nidp_access_token_allowed_audiences: [a]\n${route('name: x')}`

  it('does not say for whom they are', () => {
    const [error = '', ...others] = errorsOf(baseConfig.replace('google', 'github') + text)
    assert.match(error, /github does not say for whom an access token is/)
    assert.deepEqual(others, [])
  })

  it('is not named', () => {
    const nobody = baseConfig.replace(/^idp_.*\n/gm, '')
    assert.ok(errorsOf(nobody + text).some((error) => /bearer_token_format.*needs idp_provider/.test(error)))
  })
})
