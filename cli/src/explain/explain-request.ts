import { compilePolicy } from '@postern/authorize/policy/compile-policy.ts'
import { explain, type Explanation } from '@postern/authorize/policy/explain.ts'
import { routePolicy } from '@postern/authorize/policy/route-policy.ts'
import { canonicalHost } from '@postern/proxy/request/canonical-host.ts'
import { RouteTable } from '@postern/proxy/routes/route-table.ts'
import { isOwnPath } from '@postern/proxy/endpoints/own-endpoints.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import type { AuthorizeRoute, ProxyRoute } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { readRequest, type MadeUpRequest } from './made-up-request.ts'

/** What would come of a request, and why. */
export type ExplainedRequest =
  | { readonly kind: 'decided'; readonly route: ProxyRoute; readonly explanation: Explanation }
  /** The proxy answers before any policy is asked. */
  | { readonly kind: 'no-policy'; readonly why: keyof typeof beforePolicy }

/** What the proxy does by itself, in the words of the answer. */
export const beforePolicy = {
  'route-not-found': { outcome: 'deny', status: 404, says: 'no route has this host and path' },
  'ambiguous-request': { outcome: 'deny', status: 400, says: 'the address can be read in more than one way' },
  'own-path': { outcome: 'allow', status: 200, says: 'Postern itself answers this path; no policy is asked' },
  'authenticate-host': { outcome: 'allow', status: 200, says: 'this is where people sign in; no policy is asked' },
} as const

/** Finds the route as the proxy does, and explains the decision as authorize makes it. */
export function explainRequest(
  config: LoadedConfig,
  request: MadeUpRequest,
  identity: Identity | undefined,
  now: Date,
): ExplainedRequest {
  const read = readRequest(request, config.proxy.requestRules)
  if (read === undefined) return { kind: 'no-policy', why: 'ambiguous-request' }
  const { host, facts } = read
  const table = new RouteTable(config.proxy.routes)
  if (host.host === canonicalHost(config.proxy.authenticateUrl.host)?.host) {
    return { kind: 'no-policy', why: 'authenticate-host' }
  }
  if (isOwnPath(facts.path) && table.knowsHost(host)) return { kind: 'no-policy', why: 'own-path' }
  const route = table.find(host, facts.path)
  if (route === undefined) return { kind: 'no-policy', why: 'route-not-found' }
  return { kind: 'decided', route, explanation: explainOnRoute(accessOf(config, route), facts, identity, now) }
}

/** Explains the decision about a request that is for this route. */
export function explainOnRoute(
  route: AuthorizeRoute,
  facts: RequestFacts,
  identity: Identity | undefined,
  now: Date,
): Explanation {
  const result = routePolicy(route)
  if (result.kind === 'invalid') throw new PosternError('CONFIG_INVALID', `the policy at ${route.source} is not valid`)
  return explain(compilePolicy(result.policy), facts, identity, now)
}

/** The same route as authorize knows it. */
export function accessOf(config: LoadedConfig, { id, source }: ProxyRoute): AuthorizeRoute {
  const access = config.authorize.routes.find((route) => route.id === id)
  if (access === undefined) throw new PosternError('CONFIG_INVALID', `authorize does not know the route at ${source}`)
  return access
}
