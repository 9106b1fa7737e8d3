import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { problemOfCode } from '@postern/shared/problem/problem-from-error.ts'
import { answerProblem } from '../answers/problem-answer.ts'
import type { Visit } from '../log/visit.ts'
import type { Arrival } from '../request/arrival.ts'
import type { CanonicalHost } from '../request/canonical-host.ts'
import { continueSignIn } from './continue-sign-in.ts'
import { answerDiscovery } from './discovery.ts'
import type { Endpoint, EndpointDeps, OwnVisit } from './endpoint.ts'
import { answerKeySet } from './key-set.ts'
import { answerPing, answerRobots } from './plain-text.ts'
import { answerProgramLogin } from './program-login.ts'
import { completeSignIn } from './sign-in-callback.ts'
import { signOut } from './sign-out.ts'
import { answerUserJson, answerUserPage, redirectToUserPage } from './user-page.ts'

/** Which of Postern's own paths are answered on every route host, and by which methods (pomerium-facts §4.1). */
const endpoints: Readonly<Record<string, Endpoint>> = {
  '/.pomerium': { methods: ['GET', 'HEAD'], answer: redirectToUserPage },
  '/.pomerium/': { methods: ['GET', 'HEAD'], answer: answerUserPage },
  '/.pomerium/user': { methods: ['GET', 'HEAD'], answer: answerUserJson },
  '/.pomerium/callback': { methods: ['GET'], answer: completeSignIn },
  '/.pomerium/callback/': { methods: ['GET'], answer: completeSignIn },
  '/.pomerium/continue': { methods: ['GET'], answer: continueSignIn },
  '/.pomerium/api/v1/login': { methods: ['GET'], answer: answerProgramLogin },
  '/.pomerium/sign_out': { methods: ['GET', 'POST'], answer: signOut },
  '/.well-known/pomerium': { methods: ['GET', 'HEAD', 'OPTIONS'], answer: answerDiscovery },
  '/.well-known/pomerium/': { methods: ['GET', 'HEAD', 'OPTIONS'], answer: answerDiscovery },
  '/.well-known/pomerium/jwks.json': { methods: ['GET', 'HEAD', 'OPTIONS'], answer: answerKeySet },
}

/** On any host at all, and only exactly so: a platform's probe names no route (security case HC-02). */
const probes: Readonly<Record<string, Endpoint>> = {
  '/ping': { methods: ['GET', 'HEAD'], answer: answerPing },
  '/healthz': { methods: ['GET', 'HEAD'], answer: answerPing },
}

const robots: Endpoint = { methods: ['GET', 'HEAD'], answer: answerRobots }

/** A request, as far as it says whether it is for Postern itself. */
export interface OwnAsk {
  /** The target as it came. */
  readonly url: string
  readonly method: string
  readonly path: string
  readonly host: CanonicalHost
}

/**
 * What of Postern's own a request is for; `undefined` when it is for somebody else. `no-route`: it is on a host that
 * nobody knows; `no-page`: no such page is there.
 */
export function ownEndpointFor(
  { url, method, path, host }: OwnAsk,
  table: { knowsHost(host: CanonicalHost): boolean },
  authenticateHost: string | undefined,
): Endpoint | 'no-route' | 'no-page' | undefined {
  if (Object.hasOwn(probes, url)) return probes[url]
  // Authenticate has its own; they look the same from outside.
  if (authenticateHost === host.host) return undefined
  if (path === '/robots.txt' && robots.methods.includes(method) && table.knowsHost(host)) return robots
  if (!isOwnPath(path)) return undefined
  if (!table.knowsHost(host)) return 'no-route'
  return Object.hasOwn(endpoints, path) ? endpoints[path] : 'no-page'
}

/**
 * The endpoint of Postern's own that a request is for; `undefined` when it is for somebody else.
 * @throws PosternError ROUTE_NOT_FOUND on a host without a route, PAGE_NOT_FOUND for an unknown path of ours
 */
export function findOwnEndpoint(visit: Visit, { path, host }: Arrival): Endpoint | undefined {
  const { url = '', method = '' } = visit.request
  const { table, authenticate } = visit.state
  const found = ownEndpointFor({ url, method, path, host }, table, authenticate?.host)
  if (found === 'no-route') throw new PosternError('ROUTE_NOT_FOUND', 'no route on this host')
  if (found === 'no-page') throw new PosternError('PAGE_NOT_FOUND', 'no such page of ours')
  return found
}

export function isOwnPath(path: string): boolean {
  return (
    path === '/.pomerium' ||
    path.startsWith('/.pomerium/') ||
    path === '/.well-known/pomerium' ||
    path.startsWith('/.well-known/pomerium/')
  )
}

/** Answers at an endpoint of ours. */
export async function answerOwnEndpoint(
  deps: EndpointDeps,
  visit: Visit,
  arrival: Arrival,
  endpoint: Endpoint,
): Promise<void> {
  if (!endpoint.methods.includes(arrival.head.method)) {
    const problem = problemOfCode('METHOD_NOT_ALLOWED', visit.requestId)
    answerProblem(visit, problem, { allow: endpoint.methods.join(', ') })
    return
  }
  const scheme = visit.state.table.routeOn(arrival.host)?.from.scheme ?? 'https'
  const own: OwnVisit = { visit, arrival, scheme, origin: `${scheme}://${arrival.host.host}` }
  await endpoint.answer(deps, own)
}
