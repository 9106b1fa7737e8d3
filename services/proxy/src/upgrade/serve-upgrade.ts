import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ServerResponse as NodeServerResponse } from '@postern/shared/http/node-http.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Drain } from '@postern/shared/http/drain.ts'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { askAuthorize, questionAbout, type Allowed } from '../access/ask.ts'
import type { OpenStreams } from '../access/open-streams.ts'
import { refuseDenied, refuseUnauthenticated } from '../access/refuse.ts'
import { giveRouteAnswer } from '../answers/route-answer.ts'
import { answerFailure } from '../answers/problem-answer.ts'
import { isOwnPath } from '../endpoints/own-endpoints.ts'
import { upstreamHeaders, upstreamPath } from '../forward/forward.ts'
import { googleToken, refusedByGoogle } from '../forward/google-token.ts'
import { endVisit } from '../log/end-visit.ts'
import type { Visit } from '../log/visit.ts'
import type { Arrival } from '../request/arrival.ts'
import type { PreparedRoute } from '../routes/prepared-route.ts'
import { arrive, beginVisit, findRoute, type RequestDeps } from '../serve-request.ts'
import { closeCodes } from './close-frame.ts'
import { relayRefusal } from './relay-refusal.ts'
import { upgradeTarget } from './upgrade-target.ts'
import { openTunnel, toRecord, type WebSocketTunnel } from './websocket-tunnel.ts'

export interface UpgradeDeps extends RequestDeps {
  readonly openStreams: OpenStreams
  readonly drain: Pick<Drain, 'track'>
}

/** What a client may send before the upstream has agreed. */
const maxEarlyBytes = 64 * 1024

/** The path of one WebSocket upgrade: decided like any request, then carried as a tunnel. Never rejects. */
export async function serveUpgrade(
  deps: UpgradeDeps,
  request: IncomingMessage,
  socket: Socket,
  early: Buffer,
): Promise<void> {
  // Before anything can be awaited: a reset at this moment would otherwise take the process down (case L6).
  socket.on('error', () => socket.destroy())
  const response = responseOn(request, socket)
  const visit = beginVisit(deps, request, response)
  try {
    const arrival = arrive(deps, visit)
    if (arrival.head.framing.kind !== 'none' || early.length > maxEarlyBytes) {
      throw new PosternError('REQUEST_AMBIGUOUS', 'an upgrade with a body')
    }
    if (arrival.asksForRedirect) throw new PosternError('REQUEST_AMBIGUOUS', 'an upgrade with an escaped slash')
    if (isOwnPath(arrival.path) || visit.state.authenticate?.host === arrival.host.host) {
      throw new PosternError('UPGRADE_NOT_ALLOWED', 'not a path of an application')
    }
    const route = findRoute(visit, arrival)
    const question = questionAbout(visit, arrival, route)
    const answer = await askAuthorize(deps.checker, visit, question)
    if (answer.kind === 'deny') refuseDenied(visit, arrival, answer)
    else if (answer.kind === 'sign-in') refuseUnauthenticated(visit, arrival, answer)
    else if (route.answer !== undefined) giveRouteAnswer(visit, arrival, route, route.answer)
    else {
      if (!route.route.allowWebsockets) throw new PosternError('UPGRADE_NOT_ALLOWED', 'the route has no WebSockets')
      visit.userId = answer.session?.userId
      await carry(deps, { visit, arrival, route, question, allowed: answer, socket, response, early })
    }
  } catch (error) {
    answerFailure(visit, error, deps.log)
  }
}

/** An answer on a socket that the HTTP server has let go of; the connection ends with it. */
function responseOn(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new NodeServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => socket.destroySoon())
  return response
}

interface AllowedUpgrade {
  readonly visit: Visit
  readonly arrival: Arrival
  readonly route: PreparedRoute
  readonly question: CheckQuestion
  readonly allowed: Allowed
  readonly socket: Socket
  /** The visit's, before the tunnel opens. */
  readonly response: ServerResponse
  readonly early: Buffer
}

async function carry(deps: UpgradeDeps, upgrade: AllowedUpgrade): Promise<void> {
  const { visit, arrival, route, question, allowed, socket, response, early } = upgrade
  const { serverless } = route.route
  const upstream = route.upstreams.next()
  let tunnel: WebSocketTunnel | undefined
  // Known from the decision on: a sign-out during the handshake counts too.
  const stream = {
    question,
    sessionHandle: allowed.session?.handle,
    expiresAtMs: allowed.session?.expiresAtMs ?? Infinity,
    end: () => (tunnel === undefined ? socket.destroy() : tunnel.goAway(closeCodes.policyViolation)),
  }
  deps.openStreams.add(stream)
  using _held = { [Symbol.dispose]: () => deps.openStreams.delete(stream) }
  const token = serverless === undefined ? undefined : await googleToken(deps.idTokens, serverless)
  // Whoever left meanwhile is not heard leaving again.
  if (response.destroyed) return
  const headers = upstreamHeaders(visit, arrival, upstream, allowed, token)
  const outcome = await openTunnel(
    {
      early,
      path: upstreamPath(arrival, route.rewrite),
      headers: toRecord([...headers, 'connection', 'Upgrade', 'upgrade', 'websocket']),
      options: upgradeTarget(upstream.address),
      responsePlan: route.responsePlan,
      requestId: visit.requestId,
    },
    socket,
    response,
  )
  if (outcome.kind === 'failed') {
    if (outcome.error.code === 'UPSTREAM_UNREACHABLE') upstream.connections.unreachable()
    if (!socket.destroyed) throw outcome.error
    return
  }
  if (outcome.kind === 'open') {
    tunnel = outcome.tunnel
    await keepOpen(deps, upgrade, tunnel)
    return
  }
  const refusal = await relayRefusal(visit, response, outcome.answer, route.responsePlan, token !== undefined)
  if (refusal === undefined) return
  if (refusal === 'token-refused' && token !== undefined && serverless !== undefined) {
    deps.idTokens.invalidate(serverless.audience, token.token)
  }
  throw refusedByGoogle(route.route, refusal)
}

/** Until one side ends it, the session ends, the policy changes its mind, or the service stops. */
async function keepOpen(deps: UpgradeDeps, upgrade: AllowedUpgrade, tunnel: WebSocketTunnel): Promise<void> {
  const { visit, question, socket } = upgrade
  const startedWith = socket.bytesWritten
  visit.response.statusCode = 101
  using _tracked = deps.drain.track({
    goAway: () => tunnel.goAway(closeCodes.goingAway),
    destroy: () => tunnel.destroy(),
  })
  // The route may have gone while its upstream was asked; nobody would come back for this tunnel.
  if (!deps.state().routesById.has(question.routeId)) tunnel.goAway(closeCodes.goingAway)
  await tunnel.closed
  visit.bytes = socket.bytesWritten - startedWith
  visit.upstreamMs = performance.now() - visit.startedAt
  endVisit(deps, visit)
}
