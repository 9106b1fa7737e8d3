import type { X509Certificate } from 'node:crypto'
import { compilePolicy } from '@postern/authorize/policy/compile-policy.ts'
import { explain, type Explanation } from '@postern/authorize/policy/explain.ts'
import { routePolicy } from '@postern/authorize/policy/route-policy.ts'
import { canonicalHost } from '@postern/proxy/request/canonical-host.ts'
import { RouteTable } from '@postern/proxy/routes/route-table.ts'
import { ownEndpointFor } from '@postern/proxy/endpoints/own-endpoints.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import type { AuthorizeRoute, ProxyRoute } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { readRequest, type MadeUpRequest, type ReadRequest } from './made-up-request.ts'
import { shownCertificate } from './shown-certificate.ts'

/** What would come of a request, and why. */
export type ExplainedRequest =
  | {
      readonly kind: 'decided'
      readonly route: ProxyRoute
      readonly explanation: Explanation
      /** About the client's certificate. */
      readonly remark: string | undefined
    }
  /** The proxy answers before any policy is asked. */
  | { readonly kind: 'no-policy'; readonly why: keyof typeof beforePolicy }

/** What the proxy does by itself, in the words of the answer. */
export const beforePolicy = {
  'route-not-found': { outcome: 'deny', status: 404, says: 'no route has this host and path' },
  'ambiguous-request': { outcome: 'deny', status: 400, says: 'the address can be read in more than one way' },
  'method-not-allowed': { outcome: 'deny', status: 405, says: 'this method is not for this address' },
  'page-not-found': {
    outcome: 'deny',
    status: 404,
    says: 'Postern keeps such paths for itself, and has no page there',
  },
  'own-path': { outcome: 'allow', status: 200, says: 'Postern itself answers this path; no policy is asked' },
  'plain-path': {
    outcome: 'allow',
    status: 307,
    says: 'the browser is sent to the same address without escaped slashes; the policy is asked there',
  },
  'authenticate-host': { outcome: 'allow', status: 200, says: 'this is where people sign in; no policy is asked' },
} as const

/** What is asked, by whom and when. */
export interface ExplainQuestion {
  readonly request: MadeUpRequest
  readonly identity: Identity | undefined
  /** `undefined`: the client shows none. */
  readonly certificate: X509Certificate | undefined
  readonly at: Date
}

/** Finds the route as the proxy does, and explains the decision as authorize makes it. */
export function explainRequest(config: LoadedConfig, question: ExplainQuestion): ExplainedRequest {
  const { request, identity, certificate, at } = question
  const read = readRequest(request, config.proxy.requestRules)
  const before = (why: keyof typeof beforePolicy): ExplainedRequest => ({ kind: 'no-policy', why })
  if (read === undefined) return before('ambiguous-request')
  const table = new RouteTable(config.proxy.routes)
  const answeredBefore = whoAnswersBefore(config, read, table)
  if (answeredBefore !== undefined) return before(answeredBefore)
  const route = table.find(read.host, read.facts.path)
  if (route === undefined) return before('route-not-found')
  const access = accessOf(config, route)
  const asked = { ...access, clientCertificates: config.proxy.clientCertificates }
  const { certificate: clientCertificate, remark } = shownCertificate(certificate, route, asked, at)
  const explanation = explainOnRoute(access, { ...read.facts, clientCertificate }, identity, at)
  return { kind: 'decided', route, explanation, remark }
}

/** In the order in which the proxy asks. */
function whoAnswersBefore(
  config: LoadedConfig,
  { host, target, facts, asksForRedirect }: ReadRequest,
  table: RouteTable<ProxyRoute>,
): keyof typeof beforePolicy | undefined {
  const { method, path } = facts
  if (method === 'TRACE' || method === 'CONNECT') return 'method-not-allowed'
  if (asksForRedirect) return 'plain-path'
  const authenticateHost = canonicalHost(config.proxy.authenticateUrl.host)?.host
  const own = ownEndpointFor({ url: target, method, path, host }, table, authenticateHost)
  if (own === 'no-route') return 'route-not-found'
  if (own === 'no-page') return 'page-not-found'
  if (own !== undefined) return own.methods.includes(method) ? 'own-path' : 'method-not-allowed'
  return host.host === authenticateHost ? 'authenticate-host' : undefined
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
