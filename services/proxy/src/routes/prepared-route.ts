import type { ProxyRoute, RouteFrom, PathMatch } from '@postern/shared/config/model.ts'
import { foldHeaderName } from '../request/header-names.ts'
import type { OwnCookieNames } from '../request/own-cookies.ts'
import type { RequestHeaderPlan } from '../headers/request-headers.ts'
import type { ResponseHeaderPlan } from '../headers/response-headers.ts'
import { addressOf, type UpstreamAddress } from '../forward/upstream-address.ts'
import type { UpstreamPools } from '../forward/upstream-pools.ts'
import type { Upstream } from '../forward/upstream.ts'
import { hostRewrite } from './host-rewrite.ts'
import { regexOf } from './path-index.ts'
import { pathRewrite, type PathRewrite } from './path-rewrite.ts'
import { routeReply, type RouteReply } from './route-reply.ts'
import { UpstreamChoice, type Chance } from './upstream-choice.ts'

/** A route with everything worked out that does not depend on the request. */
export interface PreparedRoute {
  readonly route: ProxyRoute
  readonly from: RouteFrom
  readonly pathMatch: PathMatch
  readonly upstreams: UpstreamChoice<PreparedUpstream>
  readonly responsePlan: ResponseHeaderPlan
  readonly rewrite: PathRewrite | undefined
  /** The route answers by itself and has no upstream. */
  readonly answer: RouteReply | undefined
  readonly headersForPolicy: ReadonlySet<string>
}

export interface PreparedUpstream {
  readonly connections: Upstream
  readonly address: UpstreamAddress
  readonly requestPlan: RequestHeaderPlan
}

/** What routes are prepared with. */
export interface Preparation {
  readonly pools: UpstreamPools
  readonly chance: Chance
}

export function prepareRoute(
  route: ProxyRoute,
  { pools, chance }: Preparation,
  cookies: OwnCookieNames,
): PreparedRoute {
  const upstreams = route.upstreams.map((upstream) => {
    const address = addressOf(upstream, route.upstreamTls)
    const connections = pools.find(address)
    const value = { connections, address, requestPlan: requestPlan(route, upstream.url) }
    return { value, condition: connections, weight: upstream.weight }
  })
  if (route.pathMatch.kind === 'regex') regexOf(route.pathMatch)
  return {
    route,
    from: route.from,
    pathMatch: route.pathMatch,
    upstreams: new UpstreamChoice(upstreams, route.loadBalancing, chance),
    responsePlan: responsePlan(route, cookies),
    rewrite: pathRewrite(route),
    answer: routeReply(route),
    headersForPolicy: new Set(route.headersForPolicy),
  }
}

function requestPlan(route: ProxyRoute, upstream: URL): RequestHeaderPlan {
  const removed = new Set(route.removeRequestHeaders.map(foldHeaderName))
  const set = Object.entries(route.setRequestHeaders)
  const { hostFor, keepsClientHost } = hostRewrite(route, upstream)
  return {
    hostFor,
    sendsForwardedHost: !keepsClientHost && !removed.has('x-forwarded-host'),
    scheme: route.from.scheme,
    set: set.flat(),
    dropped: new Set([...removed, ...set.map(([name]) => foldHeaderName(name))]),
    removed,
  }
}

function responsePlan(route: ProxyRoute, cookies: OwnCookieNames): ResponseHeaderPlan {
  const set = route.setResponseHeaders
  const { rewriteResponseHeaders: rewrites = [] } = route
  return {
    set: Object.entries(set).flat(),
    overridden: new Set(Object.keys(set).map((name) => name.toLowerCase())),
    rewrites: rewrites.length === 0 ? undefined : Map.groupBy(rewrites, ({ header }) => header),
    cookies,
    trusted: false,
  }
}
