import { routePolicy } from '@postern/authorize/policy/route-policy.ts'
import type { Block, Rule } from '@postern/authorize/policy/policy.ts'
import type { AuthorizeRoute, ProxyRoute, RouteFrom } from '@postern/shared/config/model.ts'
import type { RouteLabels } from '@postern/shared/config/route-labels.ts'

/** A route as people talk about it. */
export interface DescribedRoute extends RouteLabels {
  readonly from: string
  /** Other hosts of the same route. */
  readonly alsoFrom: readonly string[]
  readonly to: readonly string[]
  /** Who may, and who may not. */
  readonly who: readonly string[]
  /** What the application gets besides the request. */
  readonly adds: readonly string[]
  readonly source: string
}

/** `others`: the same route at its other hosts. */
export function describeRoute(
  route: ProxyRoute,
  others: readonly ProxyRoute[],
  access: AuthorizeRoute | undefined,
): DescribedRoute {
  const isWeighted = new Set(route.upstreams.map(({ weight }) => weight)).size > 1
  return {
    name: route.name,
    description: route.description,
    logoUrl: route.logoUrl,
    from: describeFrom(route),
    alsoFrom: others.map(describeFrom),
    to: route.upstreams.map(
      ({ url, weight }) =>
        `${url.origin}${url.pathname === '/' ? '' : url.pathname}${isWeighted ? ` (${String(weight)})` : ''}`,
    ),
    who: access === undefined ? [] : describeAccess(access),
    adds: describeAdditions(route, access),
    source: route.source,
  }
}

function describeFrom(route: ProxyRoute): string {
  return `${describeHost(route.from)}${describePath(route)}`
}

function describeHost({ scheme, host, port }: RouteFrom): string {
  return `${scheme}://${host}${port === undefined ? '' : `:${String(port)}`}`
}

function describePath({ pathMatch }: ProxyRoute): string {
  switch (pathMatch.kind) {
    case 'any':
      return ''
    case 'path':
      return pathMatch.path
    case 'prefix':
      return `${pathMatch.prefix}*`
    case 'regex':
      return ` ~ ${pathMatch.regex}`
  }
}

function describeAccess(route: AuthorizeRoute): string[] {
  if (route.access.allowPublicUnauthenticatedAccess) return ['everybody, without signing in']
  const result = routePolicy(route)
  if (result.kind === 'invalid') return ['(the policy is not valid)']
  const allowed = result.policy.rules.filter((rule) => rule.action === 'allow').flatMap(describeRule)
  const denied = result.policy.rules.filter((rule) => rule.action === 'deny').flatMap(describeRule)
  return [...(allowed.length === 0 ? ['nobody'] : allowed), ...denied.map((line) => `but not: ${line}`)]
}

function describeRule({ blocks }: Rule): string[] {
  return blocks.flatMap(describeBlock)
}

function describeBlock({ operator, criteria }: Block): string[] {
  const parts = criteria.map(({ summary }) => summary)
  switch (operator) {
    case 'or':
      return parts
    case 'and':
      return [parts.join(' and ')]
    case 'not':
      return [parts.map((part) => `not (${part})`).join(' and ')]
    case 'nor':
      return parts.map((part) => `not (${part})`)
  }
}

function describeAdditions(route: ProxyRoute, access: AuthorizeRoute | undefined): string[] {
  const names = [...Object.keys(route.setRequestHeaders), ...Object.keys(access?.templatedRequestHeaders ?? {})]
  const claims = Object.keys(access?.jwtClaimsHeaders ?? {})
  const token = route.serverless
  const toOrigins = route.upstreams.map(({ url }) => url.origin)
  return [
    ...(token === undefined
      ? []
      : [`Google token${toOrigins.includes(token.audience) ? '' : ` for ${token.audience}`}`]),
    ...(route.passIdentityHeaders ? [['identity', ...claims].join(', ')] : []),
    ...(names.length === 0 ? [] : [names.join(', ')]),
    ...(route.allowWebsockets ? ['WebSockets'] : []),
  ]
}
