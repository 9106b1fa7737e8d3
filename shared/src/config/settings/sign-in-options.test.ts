import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { idpIdOf } from '../../session/idp-id.ts'
import { baseConfig, errorsOf, load } from '../config-fixture.ts'

const google = new URL('https://accounts.google.com')
const anybody = 'to: https://a.example, allow_any_authenticated_user: true'
const withRoutes = (...routes: string[]): string =>
  `${baseConfig}routes:\n${routes.map((one) => `- ${one}\n`).join('')}`
const ofRoute = (keys: string, name = 'hello'): string => `{from: https://${name}.example.com, ${keys}, ${anybody}}`

describe('a route’s own client at the identity provider', () => {
  const own = 'idp_client_id: its-own, idp_client_secret: its-secret'

  it('is one of authenticate’s, and marks whose sessions count in authorize', () => {
    const config = load(withRoutes(ofRoute(own), ofRoute(own, 'second'), ofRoute('name: third', 'third')))
    const { idp, routeIdps = [] } = config.authenticate
    assert.deepEqual(
      routeIdps.map(({ issuer, clientId, clientSecret }) => [issuer.href, clientId, clientSecret?.reveal()]),
      [[idp.issuer.href, 'its-own', 'its-secret']],
    )
    const id = idpIdOf(google, 'its-own')
    assert.deepEqual(
      config.authorize.routes.map(({ idpId }) => idpId),
      [id, id, undefined],
    )
  })

  it('that is the same as all routes’ is that', () => {
    const config = load(withRoutes(ofRoute('idp_client_id: 1234.apps.googleusercontent.com')))
    assert.deepEqual(config.authenticate.routeIdps, [])
    assert.equal(config.authorize.routes[0]?.idpId, undefined)
  })

  for (const [title, routes, message] of [
    ['without a secret', [ofRoute('idp_client_id: x')], /idp_client_secret: not set; expected the client secret/],
    ['with only a secret', [ofRoute('idp_client_secret: x')], /has no effect without idp_client_id/],
    ['that is a placeholder', [ofRoute('idp_client_id: your-client-id, idp_client_secret: x')], /is a placeholder/],
    ['whose secret is a placeholder', [ofRoute('idp_client_id: x, idp_client_secret: changeme')], /is a placeholder/],
    [
      'with two secrets',
      [ofRoute('idp_client_id: x, idp_client_secret: a'), ofRoute('idp_client_id: x, idp_client_secret: b', 'b')],
      /another secret than that of the same client at config\.yaml:\d+/,
    ],
  ] as const) {
    it(`is a mistake ${title}`, () => {
      assert.match(errorsOf(withRoutes(...routes)).join('\n'), message)
    })
  }

  it('is a mistake where authorize does not know the issuer', () => {
    const yaml = withRoutes(ofRoute(own)).replace('idp_provider: google\n', 'idp_provider: oidc\n')
    assert.match(errorsOf(yaml).join('\n'), /routes\.0\.idp_client_id: for a route’s own client authorize needs/)
  })
})

describe('the issuer', () => {
  it('of Entra ID is that of all organisations, unless one is named', () => {
    const azure = baseConfig.replace('idp_provider: google\n', 'idp_provider: azure\n')
    assert.equal(load(azure).authenticate.idp.issuer.href, 'https://login.microsoftonline.com/common/v2.0')
    const own = load(`${azure}idp_provider_url: https://login.microsoftonline.com/9188040d/v2.0\n`)
    assert.equal(own.authenticate.idp.issuer.href, 'https://login.microsoftonline.com/9188040d/v2.0')
  })
})

describe('how people have to have signed in', () => {
  it('cannot be asked of GitHub, which does not say it', () => {
    const github = baseConfig.replace('idp_provider: google\n', 'idp_provider: github\n')
    for (const asked of ["{ max_age: '600' }", '{ acr_values: mfa }']) {
      assert.match(errorsOf(`${github}idp_request_params: ${asked}\n`).join('\n'), /GitHub does not say how/)
      assert.doesNotThrow(() => load(`${baseConfig}idp_request_params: ${asked}\n`))
    }
  })
})

describe('hosts to which a program may have its credential sent', () => {
  it('are this machine, unless listed', () => {
    assert.deepEqual(load(baseConfig).authorize.programRedirectHosts, ['localhost'])
    assert.deepEqual(load(baseConfig).authenticate.programRedirectHosts, ['localhost'])
  })

  for (const host of [
    'https://tools.example.com',
    'tools.example.com/cb',
    'tools.example.com:8443',
    '"*.example.com"',
    'a b',
  ]) {
    it(`are hosts, not ${host}`, () => {
      const yaml = `${baseConfig}programmatic_redirect_domain_whitelist: [${host}]\n`
      assert.match(errorsOf(yaml).join('\n'), /programmatic_redirect_domain_whitelist: found .*expected a host/)
    })
  }
})

describe('pages that may read that a route wants a sign-in', () => {
  const readers = (...routes: string[]): unknown => load(withRoutes(...routes)).proxy.routes[0]?.readableBy

  it('are those of the origin that the route’s responses name', () => {
    const header = (value: string): string => `set_response_headers: {access-control-allow-origin: "${value}"}`
    assert.deepEqual(readers(ofRoute(header('https://spa.example.com'))), ['https://spa.example.com'])
    for (const value of ['*', 'null', 'https://spa.example.com/', 'https://*.example.com/x']) {
      assert.deepEqual(readers(ofRoute(header(value))), [], value)
    }
  })

  it('are those of the routes that depend on its host', () => {
    const api = ofRoute('name: api', 'api')
    assert.deepEqual(readers(api, ofRoute('depends_on: [api.example.com]', 'spa'), ofRoute('name: x', 'x')), [
      'https://spa.example.com',
    ])
  })
})
