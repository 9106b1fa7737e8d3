import { Secret } from '../../secret.ts'
import type { ClientCertificatesConfig } from '../client-certificates.ts'
import type { LoadedConfig } from '../load-config.ts'
import { withSlices } from '../with-slices.ts'
import type { MetricsConfig } from '../metrics-config.ts'
import type {
  AuthenticateConfig,
  AuthorizeConfig,
  CommonConfig,
  GrpcSecurity,
  ProxyConfig,
  RedisConfig,
  ServerTls,
} from '../model.ts'

/**
 * What a field of a slice does when a reload changes it: `live` counts at once; else it waits for a restart, and these keys
 * are named. A function says which keys have to wait for a change; where it names none, the new value counts.
 */
type Fate<Value> = 'live' | readonly string[] | ((last: Value, next: Value) => readonly string[])

/** Every field has one: whoever adds a field has to say. */
type Fates<Slice> = { readonly [Field in keyof Slice]-?: Fate<Slice[Field]> }

/** Listeners, connections, keys and credentials are opened or made once, when a service starts. */
const common: Fates<CommonConfig> = {
  revision: 'live',
  logLevel: ['log_level'],
  cookie: 'live',
  authenticateUrl: ['authenticate_service_url'],
  grpc: (last, next) => [
    ...(areEqual(last.listen, next.listen) ? [] : ['grpc_address']),
    ...securityKeys(last.security, next.security),
    ...(last.clientTimeoutMs === next.clientTimeoutMs ? [] : ['grpc_client_timeout']),
  ],
}

const proxy: Fates<ProxyConfig> = {
  ...common,
  logLevel: ['log_level', 'proxy_log_level'],
  listen: ['address'],
  tls: tlsKeys,
  clientCertificates: clientCertificateKeys,
  redirectListen: ['http_redirect_addr'],
  healthListen: ['health_check_addr'],
  authorizeTargets: ['authorize_service_url'],
  authenticateTargets: ['authenticate_grpc_service_url'],
  checkMode: ['authorize_check_mode'],
  checkTimeoutMs: ['authorize_check_timeout'],
  authenticateInternalUrl: 'live',
  routes: 'live',
  trustedHops: 'live',
  skipForwardedForAppend: 'live',
  limits: 'live', // no key changes them
  requestRules: 'live',
  timeouts: 'live',
  defaultResponseHeaders: 'live',
  googleCredential: ['google_cloud_serverless_authentication_service_account', 'GOOGLE_APPLICATION_CREDENTIALS'],
  accessLogFields: 'live',
  reservedRequestHeaders: 'live',
}

const authorize: Fates<AuthorizeConfig> = {
  ...common,
  healthListen: ['health_check_addr'],
  sharedSecret: ['shared_secret'],
  acceptedSharedSecrets: ['shared_secret_accepted'],
  signingKey: ['signing_key'],
  redis: redisKeys,
  authenticateTargets: ['authenticate_grpc_service_url'],
  routes: 'live',
  programRedirectHosts: 'live',
  decisionLogFields: 'live',
}

const authenticate: Fates<AuthenticateConfig> = {
  ...common,
  listen: ['address'],
  tls: tlsKeys,
  healthListen: ['health_check_addr'],
  sharedSecret: ['shared_secret'],
  acceptedSharedSecrets: ['shared_secret_accepted'],
  cookieSecret: ['cookie_secret'],
  acceptedCookieSecrets: ['cookie_secret_accepted'],
  redis: redisKeys,
  idp: 'live',
  routeIdps: 'live',
  programRedirectHosts: 'live',
  sessionIdleTimeoutMs: 'live',
  returnHosts: 'live',
  signOutRedirectUrl: 'live',
  trustedHops: 'live',
}

/** The fields of a setting, and the keys that they come from. */
type Parts<Setting> = { readonly [Field in keyof Setting]-?: string }

const partsOfRedis: Parts<RedisConfig> = {
  url: 'redis_url',
  caFile: 'redis_ca_file',
  tlsVerify: 'redis_tls_verify',
  tlsServerName: 'redis_tls_server_name',
  sentinelUsername: 'redis_sentinel_username',
  sentinelPassword: 'redis_sentinel_password',
  keyPrefix: 'redis_key_prefix',
  commandTimeoutMs: 'redis_command_timeout',
  connectTimeoutMs: 'redis_connect_timeout',
}

function redisKeys(last: RedisConfig | undefined, next: RedisConfig | undefined): readonly string[] {
  if (last === undefined || next === undefined) return last === next ? [] : ['redis_url']
  return changedKeys(partsOfRedis, last, next)
}

const partsOfSecurity: { readonly [Kind in GrpcSecurity['kind']]: Readonly<Record<string, string>> } = {
  insecure: {},
  mtls: { certificateFile: 'grpc_tls', keyFile: 'grpc_tls', caFile: 'grpc_tls', clientNames: 'grpc_tls' },
  google: { audiences: 'grpc_google', callers: 'grpc_google', metadataHost: 'grpc_google', caFile: 'grpc_tls' },
  'shared-secret': {
    sharedSecret: 'shared_secret',
    acceptedSharedSecrets: 'shared_secret_accepted',
    caFile: 'grpc_tls',
    certificateFile: 'grpc_tls',
    keyFile: 'grpc_tls',
  },
}

function securityKeys(last: GrpcSecurity, next: GrpcSecurity): readonly string[] {
  return last.kind === next.kind ? changedKeys(partsOfSecurity[next.kind], last, next) : ['grpc_authentication']
}

function changedKeys<Setting extends object>(
  parts: Readonly<Record<string, string>>,
  last: Setting,
  next: Setting,
): readonly string[] {
  const changed = Object.entries(parts).filter(
    ([field]) => !areEqual(last[field as keyof Setting], next[field as keyof Setting]),
  )
  return changed.map(([, key]) => key)
}

/** Certificates change while a listener is open; whether it speaks TLS does not. */
function tlsKeys(last: ServerTls | undefined, next: ServerTls | undefined): readonly string[] {
  return (last === undefined) === (next === undefined) ? [] : ['insecure_server']
}

/** Authorities and revocation lists change while the listener is open; whether it asks for certificates does not. */
function clientCertificateKeys(
  last: ClientCertificatesConfig | undefined,
  next: ClientCertificatesConfig | undefined,
): readonly string[] {
  return last?.rejectsConnections === next?.rejectsConnections ? [] : ['downstream_mtls']
}

export interface SettledConfig {
  readonly config: LoadedConfig
  /** Keys whose new values wait for a restart. */
  readonly waiting: readonly string[]
}

/** The new configuration with what cannot change while services run left as it was; both sides of a secret go on matching. */
export function keepSettled(last: LoadedConfig, next: LoadedConfig): SettledConfig {
  const waiting = new Set<string>()
  const has = (service: 'proxy' | 'authorize' | 'authenticate'): boolean => next.services.includes(service)
  const slices = {
    proxy: has('proxy') ? keep(proxy, last.proxy, next.proxy, waiting) : undefined,
    authorize: has('authorize') ? keep(authorize, last.authorize, next.authorize, waiting) : undefined,
    authenticate: has('authenticate') ? keep(authenticate, last.authenticate, next.authenticate, waiting) : undefined,
  }
  const common = {
    services: next.services,
    revision: next.revision,
    logLevel: last.logLevel,
    filesReadOnce: keepFiles(last, next, waiting),
    metrics: keepMetrics(last.metrics, next.metrics, waiting),
  }
  const config = withSlices(common, slices)
  return { config, waiting: [...waiting] }
}

function keep<Slice extends object>(fates: Fates<Slice>, last: Slice, next: Slice, waiting: Set<string>): Slice {
  const kept: Partial<Slice> = {}
  for (const field of Object.keys(fates) as (keyof Slice)[]) {
    const fate: Fate<Slice[typeof field]> = fates[field]
    if (fate === 'live') continue
    const keys = typeof fate === 'function' ? fate(last[field], next[field]) : fate
    if (typeof fate !== 'function' || keys.length > 0) kept[field] = last[field]
    if (typeof fate !== 'function' && areEqual(last[field], next[field])) continue
    for (const key of keys) waiting.add(key)
  }
  return { ...next, ...kept }
}

/** Files whose content was read once, by key: what they held then goes on counting. */
function keepFiles(last: LoadedConfig, next: LoadedConfig, waiting: Set<string>): ReadonlyMap<string, string> {
  const kept = new Map(next.filesReadOnce)
  for (const [key, digest] of last.filesReadOnce) {
    const found = kept.get(key)
    if (found === undefined) continue
    if (found !== digest) waiting.add(key)
    kept.set(key, digest)
  }
  return kept
}

/** Password and certificates change while the listener is open; where it is, and what it asks for, does not. */
function keepMetrics(
  last: MetricsConfig | undefined,
  next: MetricsConfig | undefined,
  waiting: Set<string>,
): MetricsConfig | undefined {
  if (!areEqual(last?.listen, next?.listen)) waiting.add('metrics_address')
  if (last === undefined || next === undefined) return last
  const changesTls = (last.certificate === undefined) !== (next.certificate === undefined)
  const changesReaders = (last.clientCa === undefined) !== (next.clientCa === undefined)
  if (changesTls) waiting.add('metrics_certificate')
  if (changesReaders) waiting.add('metrics_client_ca')
  return {
    listen: last.listen,
    basicAuth: next.basicAuth,
    certificate: changesTls ? last.certificate : next.certificate,
    clientCa: changesReaders ? last.clientCa : next.clientCa,
  }
}

/** Secrets included. */
function areEqual(one: unknown, other: unknown): boolean {
  return textOf(one) === textOf(other)
}

/** Stays in memory. */
function textOf(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string, plain: unknown) {
    const original = this[key]
    return original instanceof Secret ? { secret: original.reveal() } : plain
  })
}
