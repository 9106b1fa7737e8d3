import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { idpIdOf } from '../../session/idp-id.ts'
import { baseConfig, certificate, certificateKey, load } from '../config-fixture.ts'
import { routeKeys } from '../keys/route-keys.ts'
import type { AuthorizeRoute, ProxyRoute } from '../model.ts'

interface Route {
  readonly proxy: ProxyRoute
  readonly authorize: AuthorizeRoute
  /** Where the proxy answers for it. */
  readonly hosts: readonly string[]
}

/** The keys as they stand in the file, where they show, and as what. */
type Row = readonly [keys: string, read: (route: Route) => unknown, expected: unknown]

const responseDefaults = ['X-Frame-Options', 'X-XSS-Protection', 'Strict-Transport-Security']
const serverless = 'enable_google_cloud_serverless_authentication: true'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

function upstreamOf({ proxy }: Route): unknown {
  const [upstream] = proxy.upstreams
  return { ...upstream, weight: undefined, url: upstream?.url.href }
}

function aRedirect(changes: object): object {
  const kept = { scheme: undefined, host: undefined, port: undefined, path: undefined, prefixRewrite: undefined }
  return { kind: 'redirect', status: 301, ...kept, stripQuery: false, ...changes }
}

function clientCertificateOf({ proxy }: Route): unknown {
  const { clientCertificate } = proxy.upstreamTls
  return [clientCertificate?.certificate, clientCertificate?.key.reveal()]
}

const rows: readonly Row[] = [
  [
    'from: https://Hello.Example.com',
    (r) => r.proxy.from,
    { scheme: 'https', host: 'hello.example.com', port: undefined },
  ],
  ['from: https://hello.example.com:8443', (r) => r.proxy.from.port, 8443],
  ['from: https://*.example.com', (r) => r.proxy.from.host, '*.example.com'],
  ['from: https://app-*.example.com', (r) => r.proxy.from.host, 'app-*.example.com'],
  ['from: https://bücher.example', (r) => r.authorize.from.host, 'xn--bcher-kva.example'],
  ['from: http://hello.localhost:8080', (r) => r.proxy.from, { scheme: 'http', host: 'hello.localhost', port: 8080 }],
  ['prefix: /api', (r) => r.proxy.pathMatch, { kind: 'prefix', prefix: '/api' }],
  ['prefix: /', (r) => r.proxy.pathMatch, { kind: 'any' }],
  ['path: /exact', (r) => r.proxy.pathMatch, { kind: 'path', path: '/exact' }],
  ['regex: "/v[0-9]+/.*"', (r) => r.proxy.pathMatch, { kind: 'regex', regex: '/v[0-9]+/.*' }],
  ['{path: /a, prefix: /b, regex: /c}', (r) => r.proxy.pathMatch, { kind: 'regex', regex: '/c' }],
  ['jwt_issuer_format: uri', (r) => r.authorize.jwtIssuerFormat, 'uri'],
  ['name: Hello', (r) => [r.proxy.name, r.authorize.name], ['Hello', 'Hello']],
  ['description: Says hello.', (r) => r.proxy.description, 'Says hello.'],
  ['to: http://localhost:3000/base', (r) => r.proxy.upstreams.map((u) => u.url.href), ['http://localhost:3000/base']],
  [
    'to: ["https://a.example.net,3", "https://b.example.net,1"]',
    (r) => r.proxy.upstreams.map((u) => [u.url.host, u.weight]),
    [
      ['a.example.net', 3],
      ['b.example.net', 1],
    ],
  ],
  [
    'to: h2c://grpc.example.net:50051',
    (r) => upstreamOf(r),
    { url: 'http://grpc.example.net:50051/', weight: undefined, h2c: true },
  ],
  ['to: unix:///run/app.sock', (r) => upstreamOf(r), { url: 'unix:///run/app.sock', weight: undefined }],
  [
    'to: https+unix:///run/app.sock',
    (r) => upstreamOf(r),
    { url: 'unix:///run/app.sock', weight: undefined, tlsInSocket: true },
  ],
  ['load_balancing_policy: LEAST_REQUEST', (r) => r.proxy.loadBalancing, 'least-request'],
  [
    '{redirect: {https_redirect: true, response_code: 308}}',
    (r) => r.proxy.answer,
    aRedirect({ scheme: 'https', status: 308 }),
  ],
  [
    '{redirect: {host_redirect: new.example.com, port_redirect: 8443, path_redirect: /moved, strip_query: true}}',
    (r) => r.proxy.answer,
    aRedirect({ host: 'new.example.com', port: 8443, path: '/moved', stripQuery: true }),
  ],
  [
    '{prefix: /old, redirect: {prefix_rewrite: /new, scheme_redirect: http}}',
    (r) => r.proxy.answer,
    aRedirect({ prefixRewrite: '/new', scheme: 'http' }),
  ],
  ['{response: {status: 503, body: Later.}}', (r) => r.proxy.answer, { kind: 'response', status: 503, body: 'Later.' }],
  ['tls_downstream_server_name: Second.Example.com', (r) => r.hosts, ['hello.example.com', 'second.example.com']],
  ['logo_url: https://cdn.example.com/logo.png', (r) => r.proxy.logoUrl, 'https://cdn.example.com/logo.png'],
  [
    '{idp_client_id: its-own, idp_client_secret: its-secret}',
    (r) => r.authorize.idpId,
    idpIdOf(new URL('https://accounts.google.com'), 'its-own'),
  ],
  [
    'depends_on: [https://api.example.com/x, Static.example.com]',
    (r) => r.authorize.dependsOn,
    ['api.example.com', 'static.example.com'],
  ],
  [
    '{regex_rewrite_pattern: "^/v([0-9]+)/", regex_rewrite_substitution: "/api/\\\\1/"}',
    (r) => r.proxy.regexRewrite,
    { pattern: '^/v([0-9]+)/', substitution: '/api/\\1/' },
  ],
  ['host_rewrite_header: X-Host', (r) => r.proxy.hostRewriteHeader, 'x-host'],
  [
    '{host_path_regex_rewrite_pattern: "^/([a-z]+)/.*$", host_path_regex_rewrite_substitution: "\\\\1.example.net"}',
    (r) => r.proxy.hostPathRewrite,
    { pattern: '^/([a-z]+)/.*$', substitution: '\\1.example.net' },
  ],
  [
    'rewrite_response_headers: [{header: Location, prefix: "http://a/", value: "https://b/"}]',
    (r) => r.proxy.rewriteResponseHeaders,
    [{ header: 'location', prefix: 'http://a/', value: 'https://b/' }],
  ],
  [`tls_custom_ca: ${base64(certificate)}`, (r) => r.proxy.upstreamTls.ca, certificate],
  [
    `{tls_client_cert: ${base64(certificate)}, tls_client_key: ${base64(certificateKey)}}`,
    (r) => clientCertificateOf(r),
    [certificate, certificateKey],
  ],
  [
    '{tls_client_cert_file: /tls/cert.pem, tls_client_key_file: /tls/key.pem}',
    (r) => clientCertificateOf(r),
    [certificate, certificateKey],
  ],
  ['prefix_rewrite: /other', (r) => r.proxy.prefixRewrite, '/other'],
  ['preserve_host_header: true', (r) => r.proxy.preserveHostHeader, true],
  ['host_rewrite: inner.example.com', (r) => r.proxy.hostRewrite, 'inner.example.com'],
  ['pass_identity_headers: true', (r) => [r.proxy.passIdentityHeaders, r.authorize.passIdentityHeaders], [true, true]],
  [
    'set_request_headers: {X-Plain: value}',
    (r) => [r.proxy.setRequestHeaders, r.authorize.templatedRequestHeaders],
    [{ 'X-Plain': 'value' }, {}],
  ],
  [
    'set_request_headers: {X-Jwt: "${pomerium.jwt}", X-Price: $$5}',
    (r) => [r.proxy.setRequestHeaders, r.authorize.templatedRequestHeaders],
    [{}, { 'X-Jwt': '${pomerium.jwt}', 'X-Price': '$$5' }],
  ],
  [
    'set_request_headers: {X-Copy: "${pomerium.request.headers[\\"X-Name\\"]}"}',
    (r) => r.proxy.headersForPolicy,
    ['x-name'],
  ],
  ['remove_request_headers: [X-Secret, Cookie2]', (r) => r.proxy.removeRequestHeaders, ['x-secret', 'cookie2']],
  ['set_response_headers: {x-frame-options: DENY}', (r) => r.proxy.setResponseHeaders['x-frame-options'], 'DENY'],
  ['set_response_headers: {X-A: b}', (r) => Object.keys(r.proxy.setResponseHeaders), [...responseDefaults, 'X-A']],
  ['set_response_headers: {disable: "true"}', (r) => r.proxy.setResponseHeaders, {}],
  ['set_response_headers: {disable: true}', (r) => r.proxy.setResponseHeaders, {}],
  ['allow_websockets: true', (r) => [r.proxy.allowWebsockets, r.proxy.timeoutMs, r.proxy.idleTimeoutMs], [true, 0, 0]],
  [
    '{allow_websockets: true, timeout: 1m, idle_timeout: 2m}',
    (r) => [r.proxy.timeoutMs, r.proxy.idleTimeoutMs],
    [60_000, 120_000],
  ],
  ['timeout: 0s', (r) => r.proxy.timeoutMs, 0],
  ['idle_timeout: 10s', (r) => r.proxy.idleTimeoutMs, 10_000],
  ['tls_skip_verify: true', (r) => r.proxy.upstreamTls.skipVerify, true],
  ['tls_server_name: inner.example.com', (r) => r.proxy.upstreamTls.serverName, 'inner.example.com'],
  [
    '{tls_server_name: a.example, tls_upstream_server_name: b.example}',
    (r) => r.proxy.upstreamTls.serverName,
    'b.example',
  ],
  ['tls_custom_ca_file: /tls/ca.pem', (r) => r.proxy.upstreamTls.ca, certificate],
  [
    serverless,
    (r) => r.proxy.serverless,
    { audience: 'https://hello-abc-uc.a.run.app', header: 'x-serverless-authorization' },
  ],
  [
    `{${serverless}, to: https://canary---hello-abc-uc.a.run.app/base}`,
    (r) => r.proxy.serverless?.audience,
    'https://hello-abc-uc.a.run.app',
  ],
  [
    `{${serverless}, google_cloud_serverless_authentication_audience: custom, to: https://hello.example.net}`,
    (r) => r.proxy.serverless?.audience,
    'custom',
  ],
  [`{${serverless}, google_cloud_serverless_authentication_header: Both}`, (r) => r.proxy.serverless?.header, 'both'],
  ['policy: [{allow: {or: [{accept: true}]}}]', (r) => r.authorize.policy, [{ allow: { or: [{ accept: true }] } }]],
  [
    'policy: {allow: {or: [{cors_preflight: true}]}}',
    (r) => r.proxy.headersForPolicy,
    ['access-control-request-method', 'origin'],
  ],
  [
    'cors_allow_preflight: true',
    (r) => [r.authorize.access.corsAllowPreflight, r.proxy.headersForPolicy],
    [true, ['access-control-request-method', 'origin']],
  ],
  ['allow_public_unauthenticated_access: true', (r) => r.authorize.access.allowPublicUnauthenticatedAccess, true],
  ['allow_any_authenticated_user: true', (r) => r.authorize.access.allowAnyAuthenticatedUser, true],
  ['allowed_users: [ada@example.com, "17"]', (r) => r.authorize.access.allowedUsers, ['ada@example.com', '17']],
  ['allowed_domains: example.com', (r) => r.authorize.access.allowedDomains, ['example.com']],
  [
    'allowed_idp_claims: {groups: [admin, 7], verified: true}',
    (r) => r.authorize.access.allowedIdpClaims,
    { groups: ['admin', 7], verified: [true] },
  ],
  ['show_error_details: true', (r) => r.authorize.showErrorDetails, true],
  [
    'bearer_token_format: idp_access_token, idp_access_token_allowed_audiences: [a, b]',
    (r) => r.authorize.bearer?.kind === 'idp-access-token' && r.authorize.bearer.audiences,
    ['a', 'b'],
  ],
  ['bearer_token_format: google_identity_token', (r) => r.authorize.bearer?.kind, 'google-identity-token'],
]

/** One route with these keys, over a from and a to that they may replace. */
function routeWith(keys: string): Route {
  const flow = keys.startsWith('{') ? keys.slice(1, -1) : keys
  const from = /\bfrom:/.test(flow) ? '' : 'from: https://hello.example.com, '
  const to = /\b(?:to|redirect|response):/.test(flow) ? '' : 'to: https://hello-abc-uc.a.run.app, '
  const config = load(`${baseConfig}routes: [{${from}${to}${flow}}]\n`)
  const [proxy] = config.proxy.routes
  const [authorize] = config.authorize.routes
  assert.ok(proxy !== undefined && authorize !== undefined)
  return { proxy, authorize, hosts: config.proxy.routes.map(({ from }) => from.host) }
}

describe('every key of a route', () => {
  for (const [keys, read, expected] of rows) {
    it(keys, () => {
      assert.deepEqual(read(routeWith(keys)), expected)
    })
  }

  for (const name of Object.keys(routeKeys)) {
    if (name === 'identity_providers') continue // bearer.test.ts: it names what stands elsewhere
    if (name.startsWith('tls_downstream_client_ca')) continue // client-certificates.test.ts: it needs a listener with TLS
    it(`${name} is in the table above`, () => {
      assert.ok(rows.some(([keys]) => new RegExp(`\\b${name}:`).test(keys)))
    })
  }
})

describe('a route', () => {
  it('takes what it does not say from the top of the file', () => {
    const config = load(
      `${baseConfig}pass_identity_headers: true\nroutes: [{from: https://a.example.com, to: https://b.example.net, pass_identity_headers: false, allow_any_authenticated_user: true}]\n`,
    )
    assert.equal(config.proxy.routes[0]?.passIdentityHeaders, false)
  })

  it('has an issuer format of its own, or that of the top of the file', () => {
    const route = (host: string, own: string): string =>
      `- {from: https://${host}, to: https://b.example.net, ${own}allow_any_authenticated_user: true}\n`
    const routes = route('a.example.com', '') + route('c.example.com', 'jwt_issuer_format: hostOnly, ')
    const config = load(`${baseConfig}jwt_issuer_format: uri\nroutes:\n${routes}`)
    assert.deepEqual(
      config.authorize.routes.map(({ jwtIssuerFormat }) => jwtIssuerFormat),
      ['uri', 'hostOnly'],
    )
  })

  it('has the usual timeouts', () => {
    const { proxy } = routeWith('allow_any_authenticated_user: true')
    assert.deepEqual([proxy.timeoutMs, proxy.idleTimeoutMs], [30_000, 300_000])
  })

  it('has an id that depends on from, path and to alone', () => {
    const id = (keys: string): string => routeWith(keys).proxy.id
    assert.equal(id('name: a'), id('timeout: 1s'))
    assert.notEqual(id('name: a'), id('prefix: /x'))
    assert.notEqual(id('name: a'), id('to: https://other.example.net'))
    assert.match(id('name: a'), /^[0-9a-f]{32}$/)
  })

  it('may share its policy by a YAML anchor', () => {
    const text = `${baseConfig}policy:
- {from: https://a.example.com, to: https://b.example.net, policy: &staff [{allow: {or: [{domain: example.com}]}}]}
- {from: https://c.example.com, to: https://d.example.net, policy: *staff}
`
    const [first, second] = load(text).authorize.routes
    assert.deepEqual(second?.policy, first?.policy)
  })
})
