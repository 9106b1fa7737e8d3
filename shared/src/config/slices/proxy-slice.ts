import type { GlobalValues } from '../keys/global-keys.ts'
import type { ProxyConfig, ProxyRoute } from '../model.ts'
import { dependentsOf, readableBy } from '../routes/readable-by.ts'
import { defaultResponseHeadersOf, toProxyRoute } from '../routes/route-slices.ts'
import { hostsOf } from '../routes/from.ts'
import { readServerless } from '../routes/serverless.ts'
import { furtherAuthorities, readUpstreamTls } from '../routes/upstream-tls.ts'
import type { Assembly } from '../settings/assembly.ts'
import { clientAuthoritiesReader, readClientCertificates } from '../settings/client-certificates.ts'
import { readGoogleCredential } from '../settings/google-credential.ts'
import { readTargets } from '../settings/grpc.ts'
import { readHealthListener, readPublicListener, readRedirectListener } from '../settings/listeners.ts'
import { readAccessFields } from '../settings/log-fields.ts'
import { readRequestRules } from '../settings/request-rules.ts'
import { commonSlice } from './common-slice.ts'

/** Without a word about it, uploads take as long as they take: Pomerium would end them after thirty seconds. */
function readTimeouts(values: GlobalValues): ProxyConfig['timeouts'] {
  const { timeout_read: readMs, timeout_write: writeMs, timeout_idle: idleMs } = values
  return { readMs: readMs ?? usualReadMs, requestMs: readMs ?? 0, writeMs, idleMs }
}

/** Fixed bounds, as Pomerium has them; the address must fit into the header block. */
const limits = { maxHeaderCount: 1000, maxHeaderBytes: 128 * 1024, maxUrlBytes: 32 * 1024 }

const usualReadMs = 30_000

/** Where to forward. */
export function proxySlice(assembly: Assembly): ProxyConfig {
  const { values, platform, secrets, report } = assembly
  const authorizeTargets = readTargets(
    assembly,
    'proxy',
    'authorize_internal_service_url',
    'authorize_service_url',
    'authorize_service_urls',
  )
  const authenticateTargets = readTargets(assembly, 'proxy', 'authenticate_grpc_service_url')
  const listener = readPublicListener(assembly)
  const proxyRoutes = readProxyRoutes(assembly)
  return {
    ...commonSlice(assembly, 'proxy', [...authorizeTargets, ...authenticateTargets]),
    logLevel: values.proxy_log_level ?? values.log_level,
    ...listener,
    clientCertificates: readClientCertificates(assembly, listener.tls, authoritiesOf(proxyRoutes)),
    redirectListen: readRedirectListener(assembly),
    healthListen: readHealthListener(assembly),
    authorizeTargets,
    authenticateTargets,
    checkMode: values.authorize_check_mode,
    checkTimeoutMs: values.authorize_check_timeout,
    authenticateInternalUrl: readInternalUrl(assembly),
    routes: proxyRoutes,
    trustedHops: values.xff_num_trusted_hops ?? (platform.isCloudRun ? 1 : 0),
    skipForwardedForAppend: values.skip_xff_append,
    limits,
    requestRules: readRequestRules(assembly),
    timeouts: readTimeouts(values),
    defaultResponseHeaders: defaultResponseHeadersOf(values),
    googleCredential: readGoogleCredential(secrets('google_cloud_serverless_authentication_service_account'), assembly),
    accessLogFields: readAccessFields(values, report),
    reservedRequestHeaders: Object.keys(values.jwt_claims_headers ?? {}).map((name) => name.toLowerCase()),
  }
}

/** A route with a second host stands here twice, under one id. */
function readProxyRoutes(assembly: Assembly): ProxyRoute[] {
  const { values, routes, report } = assembly
  const defaultResponseHeaders = defaultResponseHeadersOf(values)
  const dependents = dependentsOf(routes)
  const clientAuthorities = clientAuthoritiesReader(assembly)
  furtherAuthorities(assembly)
  return routes.flatMap((route) => {
    const tls = { upstreamTls: readUpstreamTls(route, assembly), clientAuthorities: clientAuthorities(route) }
    const read = toProxyRoute(route, values, {
      defaultResponseHeaders,
      serverless: readServerless(route, report),
      ...tls,
    })
    const readers = readableBy(route, dependents, read.setResponseHeaders)
    return hostsOf(route).map((host) => ({ ...read, readableBy: readers, from: { ...read.from, host } }))
  })
}

function authoritiesOf(routes: readonly ProxyRoute[]): ReadonlySet<string> {
  return new Set(routes.flatMap(({ clientAuthorities: pem }) => (pem === undefined ? [] : [pem])))
}

/** `http:`, `https:` or `unix:///path`. */
function readInternalUrl({ values, report }: Assembly): URL | undefined {
  const text = values.authenticate_internal_service_url
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const isUsable =
    url !== null &&
    (url.protocol === 'unix:' ? url.pathname !== '' : /^https?:$/.test(url.protocol) && url.pathname === '/')
  if (!isUsable)
    report.error(['authenticate_internal_service_url'], 'expected http://host:port, https://host:port or unix:///path')
  return isUsable ? url : undefined
}
