import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { askAuthorize, questionAbout } from './access/ask.ts'
import { refuseDenied, refuseUnauthenticated } from './access/refuse.ts'
import { redirectToPlainPath } from './answers/plain-path.ts'
import { giveRouteAnswer } from './answers/route-answer.ts'
import { answerFailure } from './answers/problem-answer.ts'
import type { AccessChecker } from './check/access-checker.ts'
import type { EndpointDeps } from './endpoints/endpoint.ts'
import { answerOwnEndpoint, findOwnEndpoint } from './endpoints/own-endpoints.ts'
import { forward, type ForwardDeps } from './forward/forward.ts'
import { forwardToAuthenticate } from './forward/forward-to-authenticate.ts'
import type { DownstreamRequest, DownstreamResponse } from './listener/downstream.ts'
import { endVisit } from './log/end-visit.ts'
import { newVisit, type Visit } from './log/visit.ts'
import { readArrival, type Arrival } from './request/arrival.ts'
import type { RequestIds } from './request/request-id.ts'
import type { ProxyState } from './routes/proxy-state.ts'
import type { PreparedRoute } from './routes/prepared-route.ts'

export interface RequestDeps extends ForwardDeps, EndpointDeps {
  readonly log: Logger
  readonly checker: AccessChecker
  readonly requestIds: RequestIds
  /** What the current configuration says. */
  readonly state: () => ProxyState
}

/** Begins a visit: from here on exactly one access record will be written, on finish or on abort. */
export function beginVisit(deps: RequestDeps, request: DownstreamRequest, response: DownstreamResponse): Visit {
  const visit = newVisit(request, response, deps.state(), deps.requestIds.next())
  deps.metrics.began()
  response.once('close', () => endVisit(deps, visit))
  return visit
}

/** The path of one request (design §2). Never rejects: every failure becomes an answer here. */
export async function serveRequest(
  deps: RequestDeps,
  request: DownstreamRequest,
  response: DownstreamResponse,
): Promise<void> {
  const visit = beginVisit(deps, request, response)
  try {
    const arrival = arrive(deps, visit)
    if (arrival.asksForRedirect) {
      redirectToPlainPath(visit, arrival)
      return
    }
    const endpoint = findOwnEndpoint(visit, arrival)
    if (endpoint !== undefined) {
      await answerOwnEndpoint(deps, visit, arrival, endpoint)
      return
    }
    const { authenticate } = visit.state
    if (authenticate?.host === arrival.host.host) {
      await forwardToAuthenticate(visit, arrival, authenticate)
      return
    }
    const route = findRoute(visit, arrival)
    const question = questionAbout(visit, arrival, route)
    const answer = await askAuthorize(deps.checker, visit, question)
    switch (answer.kind) {
      case 'allow':
        visit.userId = answer.session?.userId
        if (route.answer !== undefined) giveRouteAnswer(visit, arrival, route, route.answer)
        else await forward(deps, { visit, arrival, route, question, allowed: answer })
        return
      case 'deny':
        refuseDenied(visit, arrival, answer)
        return
      case 'sign-in':
        refuseUnauthenticated(visit, arrival, answer)
    }
  } catch (error) {
    answerFailure(visit, error, deps.log)
  }
}

/** Reads the request, and keeps the id that a trusted proxy gave it. */
export function arrive(deps: RequestDeps, visit: Visit): Arrival {
  const { method = '' } = visit.request
  if (method === 'TRACE' || method === 'CONNECT') throw new PosternError('METHOD_NOT_ALLOWED', method)
  const arrival = readArrival(visit.request, visit.state)
  visit.arrival = arrival
  if (visit.state.config.trustedHops > 0 && arrival.head.requestId !== undefined) {
    visit.requestId = deps.requestIds.keepOrMake(arrival.head.requestId, true)
  }
  return arrival
}

/** @throws PosternError ROUTE_NOT_FOUND or MISDIRECTED_REQUEST, which say nothing about other routes */
export function findRoute(visit: Visit, arrival: Arrival): PreparedRoute {
  const route = visit.state.table.find(arrival.host, arrival.path)
  if (route === undefined) {
    throw new PosternError(isMisdirected(visit, arrival) ? 'MISDIRECTED_REQUEST' : 'ROUTE_NOT_FOUND', 'no route')
  }
  visit.route = route
  return route
}

/**
 * Over HTTP/2 a client may ask for a host on a connection that it opened for another, if the certificate covers both; a
 * host that is not ours may well be somebody else's behind the same load balancer (RFC 9110 §7.4).
 */
function isMisdirected({ request: { socket, hasBody }, state }: Visit, { host }: Arrival): boolean {
  if (hasBody === undefined || !('servername' in socket) || typeof socket.servername !== 'string') return false
  return socket.servername.toLowerCase() !== host.name && !state.table.knowsHost(host)
}
