import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  apartConfig,
  baseConfig,
  certificate,
  load,
  namedFiles,
  oneRoute,
  secretA,
  secretB,
} from '../config-fixture.ts'
import type { LoadedConfig } from '../load-config.ts'
import { globalKeys } from './global-keys.ts'
import { isGroup } from './key.ts'
import type { KeyTable } from './key.ts'
import { metricsKeys } from './metrics-keys.ts'
import { routeKeys } from './route-keys.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

type Read = (config: LoadedConfig) => unknown

/** Key, as it stands in the file, as it stands in the environment, where it shows, and as what. */
type Row = readonly [key: string, file: string, variable: string, read: Read, expected: unknown]

const pem = namedFiles['/tls/key.pem'] ?? ''
const pemBase64 = Buffer.from(pem).toString('base64')
const rsaPem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const googleKey = JSON.stringify({
  type: 'service_account',
  client_email: 'a@b.iam.gserviceaccount.com',
  private_key: rsaPem,
})
const names = { proxy: ['p'], authorize: ['authorize'], authenticate: ['authenticate'] }

const together: readonly Row[] = [
  ['services', 'all', 'ALL', (c) => c.services, ['proxy', 'authorize', 'authenticate']],
  ['address', ':8443', ':8443', (c) => c.proxy.listen, { kind: 'tcp', host: '0.0.0.0', port: 8443 }],
  ['insecure_server', 'true', '1', (c) => c.proxy.tls, undefined],
  [
    'health_check_addr',
    '127.0.0.1:28080',
    '127.0.0.1:28080',
    (c) => c.proxy.healthListen,
    { kind: 'tcp', host: '127.0.0.1', port: 28080 },
  ],
  [
    'authenticate_service_url',
    'https://login.example.com',
    'https://login.example.com',
    (c) => c.proxy.authenticateUrl.href,
    'https://login.example.com/',
  ],
  [
    'authenticate_internal_service_url',
    'http://authenticate:8080',
    'http://authenticate:8080',
    (c) => c.proxy.authenticateInternalUrl?.href,
    'http://authenticate:8080/',
  ],
  [
    'http_redirect_addr',
    '":8080"',
    '":8080"',
    (c) => c.proxy.redirectListen,
    { kind: 'tcp', host: '0.0.0.0', port: 8080 },
  ],
  [
    'metrics_address',
    '127.0.0.1:9090',
    '127.0.0.1:9090',
    (c) => c.metrics?.listen,
    { kind: 'tcp', host: '127.0.0.1', port: 9090 },
  ],
  [
    'headers_with_underscores_action',
    'drop_header',
    'DROP_HEADER',
    (c) => c.proxy.requestRules?.headersWithUnderscores,
    'drop',
  ],
  [
    'path_with_escaped_slashes_action',
    'unescape_and_redirect',
    'UNESCAPE_AND_REDIRECT',
    (c) => c.proxy.requestRules?.escapedSlashes,
    'unescape-redirect',
  ],
  ['merge_slashes', 'false', 'false', (c) => c.proxy.requestRules?.mergeSlashes, false],
  ['normalize_path', 'false', '0', (c) => c.proxy.requestRules?.normalizePath, false],
  ['authorize_check_mode', 'unary', 'UNARY', (c) => c.proxy.checkMode, 'unary'],
  ['authorize_check_timeout', '1500ms', '1.5s', (c) => c.proxy.checkTimeoutMs, 1500],
  [
    'certificate_authority',
    base64(certificate),
    base64(certificate),
    (c) => c.proxy.routes[0]?.upstreamTls.furtherCa,
    certificate,
  ],
  [
    'certificate_authority_file',
    '/tls/ca.pem',
    '/tls/ca.pem',
    (c) => c.proxy.routes[0]?.upstreamTls.furtherCa,
    certificate,
  ],
  ['log_level', 'warning', 'Warning', (c) => c.proxy.logLevel, 'warn'],
  ['proxy_log_level', 'trace', 'TRACE', (c) => c.proxy.logLevel, 'debug'],
  ['access_log_fields', '[path, query]', 'path,query', (c) => c.proxy.accessLogFields, ['path', 'query']],
  ['authorize_log_fields', '[user, ip]', 'user, ip', (c) => c.authorize.decisionLogFields, ['user', 'ip']],
  ['grpc_client_timeout', '3s', '3s', (c) => c.authorize.grpc.clientTimeoutMs, 3000],
  ['xff_num_trusted_hops', '2', '2', (c) => c.proxy.trustedHops, 2],
  ['skip_xff_append', 'true', 'true', (c) => c.proxy.skipForwardedForAppend, true],
  [
    'bearer_token_format',
    'google_identity_token',
    'google_identity_token',
    (c) => c.authorize.routes[0]?.bearer?.kind,
    'google-identity-token',
  ],
  ['idp_groups_claim', 'realm.roles', 'realm.roles', (c) => c.authorize.routes[0]?.groupsClaim, 'realm.roles'],
  ['timeout_read', '1m', '1m', (c) => c.proxy.timeouts.requestMs, 60_000],
  ['timeout_write', '1h30m', '1h30m', (c) => c.proxy.timeouts.writeMs, 5_400_000],
  ['timeout_idle', '10s', '10s', (c) => c.proxy.timeouts.idleMs, 10_000],
  ['default_upstream_timeout', '7s', '7s', (c) => c.proxy.routes[0]?.timeoutMs, 7000],
  ['session_idle_timeout', '30m', '30m', (c) => c.authenticate.sessionIdleTimeoutMs, 1_800_000],
  ['shared_secret', secretB, secretB, (c) => c.authorize.sharedSecret.reveal(), secretB],
  [
    'shared_secret_accepted',
    `"${secretA} ${secretB}"`,
    `${secretA}\n${secretB}\n`,
    (c) => [c.authorize, c.authenticate].map((slice) => slice.acceptedSharedSecrets?.map((secret) => secret.reveal())),
    [
      [secretA, secretB],
      [secretA, secretB],
    ],
  ],
  [
    'cookie_secret_accepted',
    secretA,
    secretA,
    (c) => c.authenticate.acceptedCookieSecrets?.map((secret) => secret.reveal()),
    [secretA],
  ],
  ['cookie_secret', secretA, secretA, (c) => c.authenticate.cookieSecret.reveal(), secretA],
  [
    'signing_key',
    pemBase64,
    pemBase64,
    (c) => c.authorize.signingKey.kind === 'pem' && c.authorize.signingKey.pem.reveal(),
    pem,
  ],
  ['cookie_name', '_mine', '_mine', (c) => c.proxy.cookie.name, '_mine'],
  ['cookie_expire', '720h', '720h', (c) => c.proxy.cookie.expireMs, 2_592_000_000],
  ['cookie_http_only', 'false', 'F', (c) => c.proxy.cookie.httpOnly, false],
  ['cookie_same_site', 'Lax', 'LAX', (c) => c.proxy.cookie.sameSite, 'lax'],
  ['idp_provider', 'Google', 'GOOGLE', (c) => c.authenticate.idp.provider, 'google'],
  [
    'idp_provider_url',
    'https://idp.example.com/x',
    'https://idp.example.com/x',
    (c) => c.authenticate.idp.issuer.href,
    'https://idp.example.com/x',
  ],
  ['idp_client_id', 'me', 'me', (c) => c.authenticate.idp.clientId, 'me'],
  ['idp_client_secret', 'hush', 'hush', (c) => c.authenticate.idp.clientSecret?.reveal(), 'hush'],
  ['idp_scopes', '[openid, email]', 'openid, email', (c) => c.authenticate.idp.scopes, ['openid', 'email']],
  [
    'idp_request_params',
    '{hd: example.com}',
    '{"hd":"example.com"}',
    (c) => c.authenticate.idp.requestParams,
    { hd: 'example.com' },
  ],
  [
    'idp_request_params',
    '{hd: example.com, p: q}',
    'hd:example.com,p:q',
    (c) => c.authenticate.idp.requestParams,
    { hd: 'example.com', p: 'q' },
  ],
  [
    'programmatic_redirect_domain_whitelist',
    '[localhost, Tools.Example.com]',
    'localhost, Tools.Example.com',
    (c) => c.authenticate.programRedirectHosts,
    ['localhost', 'tools.example.com'],
  ],
  [
    'signout_redirect_url',
    'https://example.com/bye',
    'https://example.com/bye',
    (c) => c.authenticate.signOutRedirectUrl?.href,
    'https://example.com/bye',
  ],
  [
    'redis_url',
    'rediss://u:p@redis:6379/1',
    'rediss://u:p@redis:6379/1',
    (c) => c.authorize.redis?.url.reveal(),
    'rediss://u:p@redis:6379/1',
  ],
  ['redis_ca_file', '/tls/ca.pem', '/tls/ca.pem', (c) => c.authenticate.redis?.caFile, '/tls/ca.pem'],
  ['redis_tls_server_name', 'redis.local', 'redis.local', (c) => c.authorize.redis?.tlsServerName, 'redis.local'],
  ['redis_key_prefix', '"a:"', 'a:', (c) => c.authenticate.redis?.keyPrefix, 'a:'],
  ['redis_command_timeout', '250ms', '250ms', (c) => c.authorize.redis?.commandTimeoutMs, 250],
  ['redis_connect_timeout', '2s', '2s', (c) => c.authorize.redis?.connectTimeoutMs, 2000],
  [
    'pass_identity_headers',
    'true',
    'TRUE',
    (c) => [c.proxy.routes[0]?.passIdentityHeaders, c.authorize.routes[0]?.passIdentityHeaders],
    [true, true],
  ],
  [
    'jwt_claims_headers',
    '{X-Email: email}',
    '{"X-Email":"email"}',
    (c) => [c.authorize.routes[0]?.jwtClaimsHeaders, c.proxy.reservedRequestHeaders],
    [{ 'X-Email': 'email' }, ['x-email']],
  ],
  [
    'jwt_claims_headers',
    '[email, groups]',
    'email groups',
    (c) => c.authorize.routes[0]?.jwtClaimsHeaders,
    { 'X-Pomerium-Claim-email': 'email', 'X-Pomerium-Claim-groups': 'groups' },
  ],
  ['jwt_issuer_format', 'URI', 'uri', (c) => c.authorize.routes[0]?.jwtIssuerFormat, 'uri'],
  ['set_response_headers', '{X-A: b}', 'X-A:b', (c) => c.proxy.defaultResponseHeaders, { 'X-A': 'b' }],
  ['set_response_headers', '{disable: "true"}', '{"disable":"true"}', (c) => c.proxy.defaultResponseHeaders, {}],
  [
    'google_cloud_serverless_authentication_service_account',
    `'${googleKey}'`,
    Buffer.from(googleKey).toString('base64'),
    (c) => c.proxy.googleCredential.kind === 'json' && c.proxy.googleCredential.json.reveal(),
    googleKey,
  ],
]

/** Keys that mean something only together, or only where the services run apart. */
const apart: readonly Row[] = [
  [
    'authorize_service_url',
    'https://authorize.internal:8443',
    'https://authorize.internal:8443',
    (c) => c.proxy.authorizeTargets,
    ['dns:///authorize.internal:8443'],
  ],
  [
    'authorize_service_urls',
    '[dns:///a:1, "unix:///b"]',
    'dns:///a:1,unix:///b',
    (c) => c.proxy.authorizeTargets,
    ['dns:///a:1', 'unix:/b'],
  ],
  [
    'authorize_internal_service_url',
    'https://authorize.internal',
    'https://authorize.internal',
    (c) => c.proxy.authorizeTargets,
    ['dns:///authorize.internal:443'],
  ],
  [
    'authenticate_grpc_service_url',
    'https://authn.internal:1',
    'https://authn.internal:1',
    (c) => c.proxy.authenticateTargets,
    ['dns:///authn.internal:1'],
  ],
  [
    'grpc_address',
    '127.0.0.1:5000',
    '127.0.0.1:5000',
    (c) => c.proxy.grpc.listen,
    { kind: 'tcp', host: '127.0.0.1', port: 5000 },
  ],
  [
    'grpc_tls',
    '{certificate_file: /tls/cert.pem, key_file: /tls/key.pem, ca_file: /tls/ca.pem, client_names: {proxy: p}}',
    '{"certificate_file":"/tls/cert.pem","key_file":"/tls/key.pem","ca_file":"/tls/ca.pem","client_names":{"proxy":["p"]}}',
    (c) => c.proxy.grpc.security,
    {
      kind: 'mtls',
      certificateFile: '/tls/cert.pem',
      keyFile: '/tls/key.pem',
      caFile: '/tls/ca.pem',
      clientNames: names,
    },
  ],
]

const withTls = {
  GRPC_TLS_CERTIFICATE_FILE: '/tls/cert.pem',
  GRPC_TLS_KEY_FILE: '/tls/key.pem',
  GRPC_TLS_CA_FILE: '/tls/ca.pem',
}

function without(text: string, key: string): string {
  return text.replace(new RegExp(`^${key}: .*\\n`, 'm'), '')
}

describe('every key of the file', () => {
  for (const [key, file, variable, read, expected] of together) {
    const base = without(baseConfig, key)
    it(`${key}: ${file.slice(0, 50)}`, () => {
      assert.deepEqual(read(load(`${base}${key}: ${file}\n${oneRoute}`)), expected)
    })
    it(`${key.toUpperCase()}=${variable.slice(0, 50)}`, () => {
      assert.deepEqual(read(load(base + oneRoute, { env: { [key.toUpperCase()]: variable } })), expected)
    })
  }
})

describe('keys of services that run apart', () => {
  for (const [key, file, variable, read, expected] of apart) {
    const replaced = key.startsWith('authorize_') ? 'authorize_service_url' : key
    const base = without(apartConfig, replaced)
    const tls = key === 'grpc_tls' ? {} : withTls
    it(`${key}: ${file.slice(0, 50)}`, () => {
      const config = load(`${base}${key}: ${file}\n${oneRoute}`, { services: ['proxy'], env: tls })
      assert.deepEqual(read(config), expected)
    })
    it(`${key.toUpperCase()}=${variable.slice(0, 50)}`, () => {
      const env = { ...tls, [key.toUpperCase()]: variable }
      assert.deepEqual(read(load(base + oneRoute, { services: ['proxy'], env })), expected)
    })
  }

  it('grpc_authentication: shared_secret', () => {
    const config = load(`${apartConfig}grpc_authentication: shared_secret\n`, { services: ['authorize'] })
    assert.equal(config.authorize.grpc.security.kind, 'shared-secret')
  })

  it('GRPC_INSECURE=true is accepted between unix sockets', () => {
    const config = load(apartConfig, { services: ['authorize'], env: { GRPC_INSECURE: 'true' } })
    assert.deepEqual(config.authorize.grpc.security, { kind: 'insecure' })
  })

  it('GRPC_TLS_CLIENT_NAMES_PROXY=p: the keys of groups join with an underscore', () => {
    const config = load(apartConfig, { services: ['authorize'], env: { ...withTls, GRPC_TLS_CLIENT_NAMES_PROXY: 'p' } })
    const { security } = config.authorize.grpc
    assert.deepEqual(security.kind === 'mtls' && security.clientNames, names)
  })

  it('HEADERS is the older name of SET_RESPONSE_HEADERS', () => {
    assert.deepEqual(load(baseConfig, { env: { HEADERS: '{"X-A":"b"}' } }).proxy.defaultResponseHeaders, { 'X-A': 'b' })
  })
})

describe('secrets in files', () => {
  it('are read and trimmed', () => {
    const text = `${without(baseConfig, 'shared_secret')}shared_secret_file: /secrets/shared\n`
    assert.equal(load(text).authorize.sharedSecret.reveal(), secretA)
  })

  it('may be named by a variable, which wins over the value in the file', () => {
    const config = load(baseConfig, { env: { IDP_CLIENT_SECRET_FILE: '/secrets/text' } })
    assert.equal(config.authenticate.idp.clientSecret?.reveal(), 'from-a-file')
  })
})

describe('the environment', () => {
  it('wins over the file', () => {
    const { proxy } = load(`${baseConfig}timeout_idle: 1s\n`, { env: { TIMEOUT_IDLE: '2s' } })
    assert.equal(proxy.timeouts.idleMs, 2000)
  })

  it('counts an empty variable as not set', () => {
    const { proxy } = load(`${baseConfig}timeout_idle: 1s\n`, { env: { TIMEOUT_IDLE: '' } })
    assert.equal(proxy.timeouts.idleMs, 1000)
  })

  it('replaces the routes of one list and keeps those of the other, which comes second', () => {
    const POLICY = Buffer.from(
      '- {from: https://a.example.com, to: https://b.example.net, allow_any_authenticated_user: true}',
    ).toString('base64')
    const { proxy } = load(baseConfig + oneRoute, { env: { POLICY } })
    assert.deepEqual(
      proxy.routes.map(({ from }) => from.host),
      ['a.example.com', 'hello.example.com'],
    )
  })
})

describe('every definition', () => {
  const tested = new Set([...together, ...apart].map(([key]) => key))
  for (const key of ['grpc_authentication', 'grpc_insecure']) tested.add(key)
  for (const key of ['identity_providers', 'idp_access_token_allowed_audiences']) tested.add(key) // routes/bearer.test.ts
  tested.add('downstream_mtls') // settings/client-certificates.test.ts
  tested.add('grpc_google') // settings/grpc-google.test.ts
  for (const key of ['certificate_file', 'certificate_key_file', 'certificate', 'certificate_key', 'certificates'])
    tested.add(key) // settings/listeners.test.ts
  for (const key of Object.keys(metricsKeys)) tested.add(key) // settings/metrics-listener.test.ts
  for (const key of ['redis_tls_verify', 'redis_sentinel_username', 'redis_sentinel_password']) tested.add(key) // settings/redis.test.ts

  for (const name of Object.keys(globalKeys)) {
    it(`${name} is in a table above`, () => assert.ok(tested.has(name)))
  }

  it('says what its key means, and what holds where it is not given', () => {
    const check = (table: KeyTable): void => {
      for (const [name, key] of Object.entries(table)) {
        assert.match(key.meaning, /^[A-Z].+[.:?]$/s, name)
        if (isGroup(key)) check(key.keys)
      }
    }
    check(globalKeys)
    check(routeKeys)
  })
})
