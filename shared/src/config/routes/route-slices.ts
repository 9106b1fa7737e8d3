import type { GlobalValues } from '../keys/global-keys.ts'
import type { AuthorizeRoute, ProxyRoute, ServerlessConfig } from '../model.ts'
import { loggedByAuthorize } from '../settings/log-fields.ts'
import { accessOf } from './access.ts'
import { demandsClientCertificate } from '../settings/client-certificates.ts'
import { bearerOf, takesBearer } from './bearer.ts'
import { dependsOnOf } from './depends-on.ts'
import { headersForPolicy, splitRequestHeaders } from './headers.ts'
import { rewriteOf } from './rewrites.ts'
import type { RouteDraft } from './route-draft.ts'
import { routeIdpId } from './route-idps.ts'

const defaultIdleTimeoutMs = 5 * 60_000

/** What of a proxy's route is read elsewhere. */
export interface ProxyRouteParts extends Pick<ProxyRoute, 'upstreamTls' | 'clientAuthorities'> {
  readonly serverless: ServerlessConfig | undefined
  readonly defaultResponseHeaders: Readonly<Record<string, string>>
}

/** Where to forward. */
export function toProxyRoute(route: RouteDraft, globals: GlobalValues, parts: ProxyRouteParts): ProxyRoute {
  const { values } = route
  return {
    id: route.id,
    name: values.name,
    description: values.description,
    logoUrl: values.logo_url,
    source: route.source,
    from: route.from,
    pathMatch: route.pathMatch,
    upstreams: route.upstreams,
    answer: route.answer,
    loadBalancing: values.load_balancing_policy ?? 'round-robin',
    preserveHostHeader: values.preserve_host_header,
    hostRewrite: values.host_rewrite,
    hostRewriteHeader: values.host_rewrite_header?.toLowerCase(),
    hostPathRewrite: rewriteOf(route, 'host_path_regex_rewrite'),
    prefixRewrite: values.prefix_rewrite,
    regexRewrite: rewriteOf(route, 'regex_rewrite'),
    passIdentityHeaders: values.pass_identity_headers ?? globals.pass_identity_headers,
    setRequestHeaders: splitRequestHeaders(route).plain,
    removeRequestHeaders: (values.remove_request_headers ?? []).map((name) => name.toLowerCase()),
    setResponseHeaders: mergeResponseHeaders(parts.defaultResponseHeaders, values.set_response_headers),
    rewriteResponseHeaders: (values.rewrite_response_headers ?? []).map(({ header, ...rewrite }) => ({
      header: header.toLowerCase(),
      ...rewrite,
    })),
    allowWebsockets: values.allow_websockets,
    timeoutMs: values.timeout ?? (values.allow_websockets ? 0 : globals.default_upstream_timeout),
    idleTimeoutMs: values.idle_timeout ?? (values.allow_websockets ? 0 : defaultIdleTimeoutMs),
    upstreamTls: parts.upstreamTls,
    clientAuthorities: parts.clientAuthorities,
    serverless: parts.serverless,
    headersForPolicy: headersForPolicy(route, takesBearer(route, globals), loggedByAuthorize(globals)),
  }
}

/** Who may. */
export function toAuthorizeRoute(route: RouteDraft, globals: GlobalValues): AuthorizeRoute {
  const { values } = route
  return {
    id: route.id,
    name: values.name,
    source: route.source,
    from: route.from,
    policy: values.policy,
    policyPath: [...route.path, 'policy'],
    access: accessOf(route),
    bearer: bearerOf(route, globals),
    groupsClaim: globals.idp_groups_claim,
    idpId: routeIdpId(route, globals),
    dependsOn: dependsOnOf(route),
    demandsClientCertificate: demandsClientCertificate(route, globals),
    passIdentityHeaders: values.pass_identity_headers ?? globals.pass_identity_headers,
    jwtIssuerFormat: values.jwt_issuer_format ?? globals.jwt_issuer_format,
    jwtClaimsHeaders: globals.jwt_claims_headers ?? {},
    templatedRequestHeaders: splitRequestHeaders(route).templated,
    showErrorDetails: values.show_error_details,
  }
}

const usualResponseHeaders: Readonly<Record<string, string>> = {
  'X-Frame-Options': 'SAMEORIGIN',
  'X-XSS-Protection': '1; mode=block',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains; preload',
}

/** What every response carries; the key `disable` turns all off. */
export function defaultResponseHeadersOf(globals: GlobalValues): Readonly<Record<string, string>> {
  return mergeResponseHeaders({}, globals.set_response_headers ?? usualResponseHeaders)
}

/** Header names are compared without their case. */
function mergeResponseHeaders(
  below: Readonly<Record<string, string>>,
  above: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const names = Object.keys(above ?? {}).map((name) => name.toLowerCase())
  if (names.includes('disable')) return {}
  return {
    ...Object.fromEntries(Object.entries(below).filter(([name]) => !names.includes(name.toLowerCase()))),
    ...above,
  }
}
