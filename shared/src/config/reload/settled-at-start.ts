import { Secret } from '../../secret.ts'
import type { LoadedConfig } from '../load-config.ts'
import type { MetricsConfig } from '../metrics-config.ts'
import type { AuthenticateConfig, AuthorizeConfig, CommonConfig, ProxyConfig } from '../model.ts'

/** A field of a slice, and the keys that it comes from. */
type Settled<Slice> = { readonly [Field in keyof Slice]?: readonly string[] }

/** Listeners, connections, keys and credentials are opened or made once, when a service starts. */
const common: Settled<CommonConfig> = {
  logLevel: ['log_level'],
  authenticateUrl: ['authenticate_service_url'],
  grpc: ['grpc_address', 'grpc_authentication', 'grpc_tls', 'grpc_insecure', 'grpc_client_timeout'],
}

const proxy: Settled<ProxyConfig> = {
  ...common,
  logLevel: ['log_level', 'proxy_log_level'],
  listen: ['address'],
  redirectListen: ['http_redirect_addr'],
  healthListen: ['health_check_addr'],
  authorizeTargets: ['authorize_service_url'],
  authenticateTargets: ['authenticate_grpc_service_url'],
  checkMode: ['authorize_check_mode'],
  checkTimeoutMs: ['authorize_check_timeout'],
  googleCredential: ['google_cloud_serverless_authentication_service_account'],
}

const authorize: Settled<AuthorizeConfig> = {
  ...common,
  healthListen: ['health_check_addr'],
  sharedSecret: ['shared_secret'],
  acceptedSharedSecrets: ['shared_secret_accepted'],
  signingKey: ['signing_key'],
  redis: ['redis_url', 'redis_*'],
  authenticateTargets: ['authenticate_grpc_service_url'],
}

const authenticate: Settled<AuthenticateConfig> = {
  ...common,
  listen: ['address'],
  healthListen: ['health_check_addr'],
  sharedSecret: ['shared_secret'],
  acceptedSharedSecrets: ['shared_secret_accepted'],
  cookieSecret: ['cookie_secret'],
  acceptedCookieSecrets: ['cookie_secret_accepted'],
  redis: ['redis_url', 'redis_*'],
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
    proxy: has('proxy') ? keepTls(last.proxy, keep(proxy, last.proxy, next.proxy, waiting), waiting) : undefined,
    authorize: has('authorize') ? keep(authorize, last.authorize, next.authorize, waiting) : undefined,
    authenticate: has('authenticate')
      ? keepTls(last.authenticate, keep(authenticate, last.authenticate, next.authenticate, waiting), waiting)
      : undefined,
  }
  const config: LoadedConfig = {
    services: next.services,
    revision: next.revision,
    logLevel: last.logLevel,
    metrics: keepMetrics(last.metrics, next.metrics, waiting),
    get proxy() {
      return slices.proxy ?? next.proxy // which says that it was not loaded
    },
    get authorize() {
      return slices.authorize ?? next.authorize
    },
    get authenticate() {
      return slices.authenticate ?? next.authenticate
    },
    locate: (path) => next.locate(path),
  }
  return { config, waiting: [...waiting] }
}

function keep<Slice extends object>(settled: Settled<Slice>, last: Slice, next: Slice, waiting: Set<string>): Slice {
  const kept: Partial<Slice> = {}
  for (const field of Object.keys(settled) as (keyof Slice)[]) {
    kept[field] = last[field]
    if (sameText(last[field]) === sameText(next[field])) continue
    for (const key of settled[field] ?? []) waiting.add(key)
  }
  return { ...next, ...kept }
}

/** Certificates change while a listener is open; whether it speaks TLS does not. */
function keepTls<Slice extends Pick<ProxyConfig, 'tls'>>(last: Slice, next: Slice, waiting: Set<string>): Slice {
  if ((last.tls === undefined) === (next.tls === undefined)) return next
  waiting.add('insecure_server')
  return { ...next, tls: last.tls }
}

/** Password and certificates change while the listener is open; where it is, and what it asks for, does not. */
function keepMetrics(
  last: MetricsConfig | undefined,
  next: MetricsConfig | undefined,
  waiting: Set<string>,
): MetricsConfig | undefined {
  const changed = [
    ...(sameText(last?.listen) === sameText(next?.listen) ? [] : ['metrics_address']),
    ...((last?.certificate === undefined) === (next?.certificate === undefined) ? [] : ['metrics_certificate']),
    ...((last?.clientCa === undefined) === (next?.clientCa === undefined) ? [] : ['metrics_client_ca']),
  ]
  for (const key of changed) waiting.add(key)
  return changed.length === 0 ? next : last
}

/** Equal exactly where the values are, secrets included. Stays in memory. */
function sameText(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string, plain: unknown) {
    const original = this[key]
    return original instanceof Secret ? { secret: original.reveal() } : plain
  })
}
