import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baseConfig, errorsOf, warningsOf } from '../config-fixture.ts'

/** A trap: the routes (from line 10 on), and what is said, without the file's name. */
type Row = readonly [title: string, routes: string, ...messages: string[]]

const anybody = 'allow_any_authenticated_user: true'
const a = 'from: https://a.example.com'
const to = 'to: https://b.example.net'
const run = 'to: https://svc-abc-uc.a.run.app'
const serverless = 'enable_google_cloud_serverless_authentication: true'
const audience = 'google_cloud_serverless_authentication_audience: x'

const errors: readonly Row[] = [
  ['no from', `- {${to}, ${anybody}}`, '10:3 routes.0: the route has no "from"; expected https://host'],
  [
    'no to',
    `- {${a}, ${anybody}}`,
    '10:3 routes.0: the route has no "to"; expected the URL of the application, or redirect or response',
  ],
  [
    'from without a scheme',
    `- {from: a.example.com, ${to}, ${anybody}}`,
    '10:10 routes.0.from: "a.example.com" is not a URL; expected https://host or https://host:port',
  ],
  [
    'from without a host',
    `- {from: "https:///hello", ${to}, ${anybody}}`,
    '10:10 routes.0.from: "https:///hello" is not a URL; expected https://host or https://host:port',
  ],
  [
    'from at a port that there is not',
    `- {from: "https://a.example.com:0", ${to}, ${anybody}}`,
    '10:10 routes.0.from: no request comes to port 0; expected https://host or https://host:port',
  ],
  [
    'a path in from',
    `- {${a}/x, ${to}, ${anybody}}`,
    '10:10 routes.0.from: only scheme, host and port belong here; put the path into prefix, path or regex; expected https://host or https://host:port',
  ],
  [
    'a protocol that is not proxied',
    `- {from: tcp+https://a.example.com:22, ${to}, ${anybody}}`,
    '10:10 routes.0.from: "tcp+https:" is not proxied; expected https://host or https://host:port',
  ],
  [
    'plain http from the network',
    `- {from: http://a.example.com, ${to}, ${anybody}}`,
    '10:10 routes.0.from: plain http would send the session cookie in the clear; write https (http is for localhost only)',
  ],
  [
    'to without a scheme',
    `- {${a}, to: b.example.net, ${anybody}}`,
    '10:37 routes.0.to: "b.example.net" is not a URL; expected https://host, http://host:port or the like',
  ],
  [
    'to without a host',
    `- {${a}, to: "https:///hello", ${anybody}}`,
    '10:37 routes.0.to: "https:///hello" is not a URL; expected https://host, http://host:port or the like',
  ],
  [
    'to by another protocol',
    `- {${a}, to: "tcp://b.example.net:22", ${anybody}}`,
    '10:37 routes.0.to: requests cannot be forwarded to "tcp:"; expected https, http, h2c, unix or https+unix',
  ],
  [
    'a redirect and a response',
    `- {${a}, redirect: {host_redirect: x.test}, response: {status: 200}, ${anybody}}`,
    '10:68 routes.0.response: a route either forwards or answers by itself; there is "redirect" already',
  ],
  [
    'to with a query',
    `- {${a}, ${to}/?x=1, ${anybody}}`,
    '10:37 routes.0.to: leave out "?" and "#"; the query comes from the request',
  ],
  [
    'to with a password',
    `- {${a}, to: "https://u:p@b.example.net", ${anybody}}`,
    '10:37 routes.0.to: a user name or password does not belong into a URL',
  ],
  [
    'some weights',
    `- {${a}, to: ["https://b.example.net,1", "https://c.example.net"], ${anybody}}`,
    '10:37 routes.0.to: either every URL has a weight (",2"), or none has',
  ],
  [
    'a weight of zero',
    `- {${a}, to: "https://b.example.net,0", ${anybody}}`,
    '10:37 routes.0.to: "0" is not a weight; expected a whole number from 1',
  ],
  [
    'the metadata server',
    `- {${a}, to: "http://169.254.169.254", ${anybody}}`,
    '10:37 routes.0.to: this is a metadata server: whoever may use the route could take the proxy’s own credentials',
  ],
  [
    'the metadata server, spelt differently',
    `- {${a}, to: "http://0xA9FEA9FE/x", ${anybody}}`,
    '10:37 routes.0.to: this is a metadata server: whoever may use the route could take the proxy’s own credentials',
  ],
  [
    'the same route twice',
    `- {${a}, ${to}, ${anybody}}\n- {${a}, ${to}, name: x, ${anybody}}`,
    '11:3 routes.1: the same route (from, path and to) is already at config.yaml:10:3; remove one of them',
  ],
  [
    'a path that cannot match',
    `- {${a}, ${to}, path: foo, ${anybody}}`,
    '10:66 routes.0.path: "foo" cannot match; expected a path that begins with "/"',
  ],
  [
    'a prefix that normalisation removes',
    `- {${a}, ${to}, prefix: /a//b, ${anybody}}`,
    '10:68 routes.0.prefix: cannot match, because paths are normalised before they are compared ("//", "/./", "/../" and escaped slashes do not remain)',
  ],
  [
    'a path with a space',
    `- {${a}, ${to}, path: "/a b", ${anybody}}`,
    '10:66 routes.0.path: cannot match: a path is compared in its usual spelling; write "/a%20b"',
  ],
  [
    'a prefix beyond ASCII',
    `- {${a}, ${to}, prefix: /grüße/, ${anybody}}`,
    '10:68 routes.0.prefix: cannot match: a path is compared in its usual spelling; write "/gr%C3%BC%C3%9Fe/"',
  ],
  [
    'escapes in lower case, and of what needs none',
    `- {${a}, ${to}, path: /%61%c3%a4, ${anybody}}`,
    '10:66 routes.0.path: cannot match: a path is compared in its usual spelling; write "/a%C3%A4"',
  ],
  [
    'a regular expression that is none',
    `- {${a}, ${to}, regex: "/(a", ${anybody}}`,
    '10:67 routes.0.regex: not an RE2 expression: missing closing ): /(a',
  ],
  [
    'a regular expression with look-ahead',
    `- {${a}, ${to}, regex: "/(?=a)", ${anybody}}`,
    '10:67 routes.0.regex: not an RE2 expression: invalid or unsupported Perl syntax: (?= at character 2',
  ],
  [
    'everybody, and then a list',
    `- {${a}, ${to}, allow_public_unauthenticated_access: true, allowed_users: [x]}`,
    '10:103 routes.0.allowed_users: contradicts allow_public_unauthenticated_access: true, which lets everybody in',
  ],
  [
    'everybody, and then whoever signs in',
    `- {${a}, ${to}, allow_public_unauthenticated_access: true, ${anybody}}`,
    '10:103 routes.0.allow_any_authenticated_user: contradicts allow_public_unauthenticated_access: true, which lets everybody in',
  ],
  [
    'everybody, and then a policy',
    `- {${a}, ${to}, allow_public_unauthenticated_access: true, policy: [{allow: {or: [{accept: true}]}}]}`,
    '10:103 routes.0.policy: contradicts allow_public_unauthenticated_access: true, which lets everybody in',
  ],
  [
    'everybody who signs in, and then a list',
    `- {${a}, ${to}, ${anybody}, allowed_domains: [x]}`,
    '10:96 routes.0.allowed_domains: contradicts allow_any_authenticated_user: true, which lets everybody in who signs in',
  ],
  [
    'an empty list of people',
    `- {${a}, ${to}, allowed_users: []}`,
    '10:75 routes.0.allowed_users: found an empty list; expected text or a list with at least one entry (leave the key out where there is none)',
  ],
  [
    'an empty mapping of claims',
    `- {${a}, ${to}, allowed_idp_claims: {}}`,
    '10:80 routes.0.allowed_idp_claims: found a mapping; expected a mapping from claims to lists of values, none of them empty',
  ],
  [
    'a policy that is nothing',
    `- {${a}, ${to}, policy: }`,
    '10:60 routes.0.policy: given but empty; expected a policy',
  ],
  [
    'groups as Pomerium once had them',
    `- {${a}, ${to}, allowed_groups: [x], ${anybody}}`,
    '10:60 routes.0.allowed_groups: Pomerium removed this key: use a policy with claim/groups',
  ],
  [
    'the host of authenticate',
    `- {from: https://authn.example.com, ${to}, ${anybody}}`,
    '10:10 routes.0.from: this is the host of authenticate_service_url; the route would take its sign-in pages away. Give one of them another host',
  ],
  [
    'the host of authenticate as a second host',
    `- {${a}, ${to}, tls_downstream_server_name: authn.example.com, ${anybody}}`,
    '10:88 routes.0.tls_downstream_server_name: this is the host of authenticate_service_url; the route would take its sign-in pages away. Give one of them another host',
  ],
  [
    'authorities in a file that is not there',
    `- {${a}, ${to}, tls_custom_ca_file: /nope, ${anybody}}`,
    '10:80 routes.0.tls_custom_ca_file: the file /nope does not exist',
  ],
  [
    'a token for impersonation towards Kubernetes',
    `- {${a}, ${to}, kubernetes_service_account_token: x, ${anybody}}`,
    '10:60 routes.0.kubernetes_service_account_token: Postern leaves this Pomerium key out: requests are not impersonated towards Kubernetes',
  ],
  [
    'a Google token for a host that is not Cloud Run’s',
    `- {${a}, ${to}, ${serverless}, ${anybody}}`,
    '10:37 routes.0.to: Cloud Run accepts this host as an audience only if the service lists it; say which audience the service expects in google_cloud_serverless_authentication_audience',
  ],
  [
    'one Google token for two services',
    `- {${a}, to: ["https://x.a.run.app", "https://y.a.run.app"], ${serverless}, ${anybody}}`,
    '10:37 routes.0.to: one token is sent, but these hosts expect different audiences; set google_cloud_serverless_authentication_audience',
  ],
  [
    'a Google token in the clear',
    `- {${a}, to: "http://svc.a.run.app", ${serverless}, ${anybody}}`,
    '10:37 routes.0.to: plain http would send a Google token in the clear; write https',
  ],
  [
    'an audience without a token',
    `- {${a}, ${run}, ${audience}, ${anybody}}`,
    '10:116 routes.0.google_cloud_serverless_authentication_audience: has no effect without enable_google_cloud_serverless_authentication: true',
  ],
  [
    'the browser’s host for Cloud Run',
    `- {${a}, ${run}, ${serverless}, preserve_host_header: true, ${anybody}}`,
    '10:142 routes.0.preserve_host_header: Cloud Run finds the service by the Host header, so this would answer 404; leave it out',
  ],
  [
    'a host from a header for Cloud Run',
    `- {${a}, ${run}, ${serverless}, host_rewrite_header: X-Host, ${anybody}}`,
    '10:141 routes.0.host_rewrite_header: Cloud Run finds the service by the Host header, so this would answer 404; leave it out',
  ],
  [
    'setting the header of the Google token',
    `- {${a}, ${run}, ${serverless}, set_request_headers: {X-Serverless-Authorization: x}, ${anybody}}`,
    '10:141 routes.0.set_request_headers: X-Serverless-Authorization carries the Google identity token on this route',
  ],
  [
    'setting the Host header',
    `- {${a}, ${to}, set_request_headers: {Host: x}, ${anybody}}`,
    '10:88 routes.0.set_request_headers.Host: the Host header is set with host_rewrite or preserve_host_header',
  ],
  [
    'setting a framing header',
    `- {${a}, ${to}, set_request_headers: {transfer-encoding: chunked}, ${anybody}}`,
    '10:101 routes.0.set_request_headers.transfer-encoding: the proxy itself decides about this header',
  ],
  [
    'setting the framing of answers',
    `- {${a}, ${to}, set_response_headers: {Content-Length: "3"}, ${anybody}}`,
    '10:99 routes.0.set_response_headers.Content-Length: the proxy itself decides about this header',
  ],
  [
    'rewriting the framing of answers',
    `- {${a}, ${to}, rewrite_response_headers: [{header: Content-Length, prefix: "1", value: "2"}], ${anybody}}`,
    '10:96 routes.0.rewrite_response_headers.0.header: the proxy itself decides about this header',
  ],
  [
    'turning headers off, and not',
    `- {${a}, ${to}, set_response_headers: {disable: false, X-A: b}, ${anybody}}`,
    '10:92 routes.0.set_response_headers.disable: turns all headers off, whatever its value; leave it out to keep them, or write true',
  ],
  [
    'turning headers off, and not, in quotes',
    `- {${a}, ${to}, set_response_headers: {disable: "false"}, ${anybody}}`,
    '10:92 routes.0.set_response_headers.disable: turns all headers off, whatever its value; leave it out to keep them, or write true',
  ],
  [
    'posing as Postern',
    `- {${a}, ${to}, set_request_headers: {X-Pomerium-Jwt-Assertion: x}, ${anybody}}`,
    '10:108 routes.0.set_request_headers.X-Pomerium-Jwt-Assertion: names that begin with X-Pomerium- are kept for what Postern says',
  ],
]

const warnings: readonly Row[] = [
  [
    'a list beside a policy',
    `- {${a}, ${to}, allowed_domains: [x], policy: [{allow: {or: [{accept: true}]}}]}`,
    '10:60 routes.0.allowed_domains: warning: widens access: who is listed here gets in besides whom the policy allows; put it into the policy to narrow',
  ],
  [
    'everybody who signs in, beside a policy',
    `- {${a}, ${to}, ${anybody}, policy: [{allow: {or: [{accept: true}]}}]}`,
    '10:60 routes.0.allow_any_authenticated_user: warning: lets in everybody who signs in, whatever the policy beside it allows',
  ],
  [
    'no policy',
    `- {${a}, ${to}}`,
    '10:3 routes.0: warning: the route has no policy, so it lets nobody in; add one, or set allow_any_authenticated_user',
  ],
  [
    'an empty policy',
    `- {${a}, ${to}, policy: []}`,
    '10:60 routes.0.policy: warning: the policy is empty, so it lets nobody in; say who may, or set allow_any_authenticated_user',
  ],
  [
    'a route behind one that takes everything',
    `- {${a}, ${to}, ${anybody}}\n- {${a}, ${to}, prefix: /x, ${anybody}}`,
    '11:3 routes.1: warning: is never reached: the route at config.yaml:10:3 takes everything on https://a.example.com first; move this one above it',
  ],
  [
    'a route for the same paths as one before',
    `- {${a}, ${to}, prefix: /x, ${anybody}}\n- {${a}, to: http://other, prefix: /x, ${anybody}}`,
    '11:3 routes.1: warning: is never reached: the route at config.yaml:10:3 takes the same paths first; give one of them a path or prefix of its own, or leave this one out',
  ],
  [
    'a route behind a shorter prefix',
    `- {${a}, ${to}, prefix: /x/, ${anybody}}\n- {${a}, ${to}, path: /x/y, ${anybody}}`,
    '11:3 routes.1: warning: is never reached: the route at config.yaml:10:3 takes everything below /x/ first; move this one above it',
  ],
  [
    'a route behind an expression for everything',
    `- {${a}, ${to}, regex: /.*, ${anybody}}\n- {${a}, ${to}, path: /x, ${anybody}}`,
    '11:3 routes.1: warning: is never reached: the route at config.yaml:10:3 takes everything on https://a.example.com first; move this one above it',
  ],
  [
    'a template for something that is not there',
    `- {${a}, ${to}, set_request_headers: {X-A: "$$pomerium.x Bearer \${pomerium.acces_token}"}, ${anybody}}`,
    '10:87 routes.0.set_request_headers.X-A: warning: pomerium.acces_token is always empty: there is no such thing; did you mean "access_token"?',
  ],
  [
    'a prefix that also takes its neighbour',
    `- {${a}, ${to}, prefix: /ws, ${anybody}}\n- {${a}, ${to}, prefix: /ws-internal, ${anybody}}`,
    '11:3 routes.1: warning: is never reached: the prefix /ws at config.yaml:10:3 also takes /ws-internal, because a prefix is plain text; write /ws/ there, or move this route above it',
  ],
  [
    'two ways to match',
    `- {${a}, ${to}, path: /x, prefix: /y, ${anybody}}`,
    '10:78 routes.0.prefix: warning: has no effect beside path, which counts alone',
  ],
  [
    'a route to itself',
    `- {${a}, to: "https://a.example.com", ${anybody}}`,
    '10:37 routes.0.to: warning: a.example.com is the host of a route: unless its name resolves differently here, requests go round in a circle',
  ],
  [
    'an application that is not verified',
    `- {${a}, ${to}, tls_skip_verify: true, ${anybody}}`,
    '10:77 routes.0.tls_skip_verify: warning: anybody on the way can pose as the application; use tls_custom_ca_file',
  ],
  [
    'the browser’s host for a custom domain',
    `- {${a}, ${to}, ${serverless}, ${audience}, preserve_host_header: true, ${anybody}}`,
    '10:187 routes.0.preserve_host_header: warning: Google finds the service by the Host header; make sure it knows this one',
  ],
  [
    'a key that is harmless to leave out',
    `- {${a}, ${to}, health_checks: [], ${anybody}}`,
    '10:60 routes.0.health_checks: warning: Postern leaves this Pomerium key out: it tunes the Envoy inside Pomerium, which Postern does not have',
  ],
]

const harmless: readonly (readonly [title: string, routes: string])[] = [
  [
    'a route in front of one that takes everything',
    `- {${a}, ${to}, prefix: /x, ${anybody}}\n- {${a}, ${to}, ${anybody}}`,
  ],
  [
    'a prefix that its neighbour stands in front of',
    `- {${a}, ${to}, prefix: /ws-internal, ${anybody}}\n- {${a}, ${to}, prefix: /ws, ${anybody}}`,
  ],
  [
    'a wildcard beside an exact host',
    `- {from: "https://*.example.com", ${to}, ${anybody}}\n- {${a}, ${to}, ${anybody}}`,
  ],
  ['a Google token to this machine', `- {${a}, to: "http://localhost:9000", ${serverless}, ${audience}, ${anybody}}`],
  [
    'public access with preflights',
    `- {${a}, ${to}, allow_public_unauthenticated_access: true, cors_allow_preflight: true}`,
  ],
  [
    'values with which Postern does the same as Pomerium',
    `- {${a}, ${to}, tls_upstream_allow_renegotiation: false, ${anybody}}`,
  ],
]

const withRoutes = (routes: string): string => `${baseConfig}routes:\n${routes}\n`
const placed = (message: string): string => `config.yaml:${message}`

describe('traps that stop', () => {
  for (const [title, routes, ...messages] of errors) {
    it(title, () => {
      assert.deepEqual(errorsOf(withRoutes(routes)), messages.map(placed))
    })
  }
})

describe('traps that are worth a warning', () => {
  for (const [title, routes, ...messages] of warnings) {
    it(title, () => {
      assert.deepEqual(warningsOf(withRoutes(routes)), messages.map(placed))
    })
  }
})

describe('no traps', () => {
  for (const [title, routes] of harmless) {
    it(title, () => {
      assert.deepEqual(warningsOf(withRoutes(routes)), [])
    })
  }
})

describe('the environment', () => {
  it('cannot bring a Pomerium setting that Postern would silently not enforce', () => {
    assert.deepEqual(errorsOf(baseConfig, { env: { USE_PROXY_PROTOCOL: 'true' } }), [
      '$USE_PROXY_PROTOCOL Postern leaves this Pomerium key out: the PROXY protocol is not read; use xff_num_trusted_hops',
    ])
  })

  it('may bring what Pomerium’s image sets', () => {
    assert.deepEqual(errorsOf(baseConfig, { env: { AUTOCERT: 'false', AUTOCERT_DIR: '/data/autocert' } }), [])
  })

  it('is full of other variables, but one that is nearly ours is worth a word', () => {
    const env = {
      PATH: '/bin',
      REDIS_PORT: 'tcp://10.0.0.1:6379',
      AUTHORIZE_SERVICE_HOST: '10.0.0.2',
      IDP_CLIENT_SECRT: 'x',
    }
    assert.deepEqual(warningsOf(`${baseConfig}routes: []\n`, { env }), [
      '$IDP_CLIENT_SECRT warning: the environment variable is not read; did you mean IDP_CLIENT_SECRET?',
    ])
  })

  it('is told of by name, in the order of the names', () => {
    const env = { XFF_NUM_TRUSTED_HOPS: 'x', USE_PROXY_PROTOCOL: 'true', ADDRESS: '1', AUTOCERT: 'true' }
    const names = errorsOf(baseConfig, { env }).map((line) => line.split(' ')[0])
    assert.deepEqual(names, ['$ADDRESS', '$AUTOCERT', '$USE_PROXY_PROTOCOL', '$XFF_NUM_TRUSTED_HOPS'])
  })

  it('is told how a variable is written, not a file', () => {
    const of = (env: Record<string, string>): string => errorsOf(baseConfig, { env }).join('\n')
    assert.equal(
      of({ IDP_REQUEST_PARAMS: 'hd=x' }),
      '$IDP_REQUEST_PARAMS idp_request_params: found "hd=x"; expected JSON that maps names to text, or name:value,name:value',
    )
    assert.match(
      of({ IDP_REQUEST_PARAMS: '{"a":1}' }),
      /idp_request_params\.a: found the number 1; expected JSON that maps names to text/,
    )
    assert.match(
      of({ SET_RESPONSE_HEADERS: 'X-A=b' }),
      /found "X-A=b"; expected JSON that maps header names to text, or name:value,name:value$/,
    )
    assert.match(of({ GRPC_TLS: 'x' }), /found "x"; expected JSON: a mapping with certificate_file, key_file/)
  })

  it('with a Pomerium name that nobody else has is read like the key in a file', () => {
    const warned = (env: Record<string, string>): string[] => warningsOf(`${baseConfig}routes: []\n`, { env })
    for (const [variable, value] of [
      ['AUTOCERT_EMAIL', 'a@example.com'],
      ['CODEC_TYPE', 'http2'],
      ['COOKIE_DOMAIN', 'example.com'],
      ['COOKIE_SECURE', 'false'],
      ['DATABROKER_STORAGE_TYPE', 'redis'],
      ['RUNTIME_FLAGS', '{"mcp":true}'],
    ] as const) {
      const [said, ...more] = warned({ [variable]: value })
      assert.ok(said?.startsWith(`$${variable} warning: Postern leaves this Pomerium key out: `), variable)
      assert.deepEqual(more, [])
    }
    const others = {
      // Pomerium's image sets it
      AUTOCERT_DIR: '/data/autocert',
      CODEC_TYPE: 'AUTO',
      COOKIE_SECURE: 'true',
      // Kubernetes sets these for services of such names
      AUTOCERT_SERVICE_HOST: '10.0.0.3',
      DATABROKER_PORT: 'tcp://10.0.0.2:5443',
      DATABROKER_PORT_5443_TCP_ADDR: '10.0.0.2',
      DATABROKER_SERVICE_PORT_GRPC: '5443',
      // standards, shells, sidecars
      DNS_SERVER: '10.0.0.1',
      ENVOY_ADMIN: 'x',
      GRPC_SERVER_PORT: '1',
      OTEL_SERVICE_NAME: 'x',
      SSH_CLIENT: '10.0.0.4 1 22',
    }
    assert.deepEqual(warned(others), [])
  })
})
