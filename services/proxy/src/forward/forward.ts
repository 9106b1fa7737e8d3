import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { grpcKind } from '@postern/shared/problem/negotiate.ts'
import type { Allowed } from '../access/ask.ts'
import type { OpenStreams } from '../access/open-streams.ts'
import { discardBody } from '../answers/answer.ts'
import type { IdTokenSource } from '../google-identity/id-token-source.ts'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { buildRequestHeaders } from '../headers/request-headers.ts'
import type { Visit } from '../log/visit.ts'
import type { ProxyMetrics } from '../metrics.ts'
import type { Arrival } from '../request/arrival.ts'
import type { PreparedRoute, PreparedUpstream } from '../routes/prepared-route.ts'
import { googleToken, refusedByGoogle, type GoogleToken } from './google-token.ts'
import { exchange, type ExchangeOutcome, type UpstreamRequest } from './upstream-exchange.ts'

export interface ForwardDeps {
  readonly log: Logger
  readonly idTokens: IdTokenSource
  readonly openStreams: OpenStreams
  readonly metrics: ProxyMetrics
}

/** Repeating these has no effect of its own, so a connection that turned out dead may be replaced. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** An allowed request and everything it was allowed by. */
export interface AllowedRequest {
  readonly visit: Visit
  readonly arrival: Arrival
  readonly route: PreparedRoute
  readonly question: CheckQuestion
  readonly allowed: Allowed
}

/**
 * Sends an allowed request to its upstream and the answer to the client. An answer that outlives the decision ends.
 * @throws PosternError when the client has got nothing yet and can still be told.
 */
export async function forward(deps: ForwardDeps, request: AllowedRequest): Promise<void> {
  const { question, allowed, visit, route } = request
  const { session } = allowed
  const stream = {
    question,
    sessionHandle: session?.handle,
    expiresAtMs: session?.expiresAtMs ?? Infinity,
    end: () => visit.response.destroy(),
  }
  deps.openStreams.add(stream)
  try {
    conclude(deps, visit, route, await sendWithRetry(deps, withoutUncheckedBody(request)))
  } finally {
    deps.openStreams.delete(stream)
  }
}

/** A preflight was let in for nobody's sake: what the application gets is the question, not a stranger's body (PATH-26). */
function withoutUncheckedBody(request: AllowedRequest): AllowedRequest {
  const { arrival, allowed } = request
  if (arrival.head.framing.kind === 'none' || !allowed.reasons.includes('cors-request')) return request
  return { ...request, arrival: { ...arrival, head: { ...arrival.head, framing: { kind: 'none' } } } }
}

/** Several upstreams may be gone at the same moment; a request is not tried on all of a hundred. */
const maxAttempts = 3

/** Once more, where nothing can have happened yet: no connection, a dead one, or a token that was out of date. */
async function sendWithRetry({ idTokens, metrics }: ForwardDeps, request: AllowedRequest): Promise<ExchangeOutcome> {
  const { arrival, route } = request
  const { serverless } = route.route
  const token = serverless === undefined ? undefined : await googleToken(idTokens, serverless)
  const hasBody = arrival.head.framing.kind !== 'none'
  const isSafe = safeMethods.has(arrival.head.method)
  let upstream = route.upstreams.next()
  let outcome = await attempt(request, upstream, token)
  for (let attempts = 1; !hasBody && attempts < maxAttempts; attempts += 1) {
    const next = upstreamForRetry(outcome, route, upstream, isSafe)
    if (next === undefined) break
    upstream = next
    if (outcome.kind === 'failed') metrics.upstreamRetried(outcome.retry ?? '')
    outcome = await attempt(request, upstream, token)
  }
  const isTokenRefused = outcome.kind === 'refused' && outcome.refusal === 'token-refused'
  if (!isTokenRefused || token === undefined || serverless === undefined) return outcome
  idTokens.invalidate(serverless.audience, token.token)
  if (hasBody) return outcome
  metrics.upstreamRetried('token')
  return attempt(request, upstream, await googleToken(idTokens, serverless))
}

/** `undefined`: another attempt would do no better. */
function upstreamForRetry(
  outcome: ExchangeOutcome,
  { upstreams }: PreparedRoute,
  tried: PreparedUpstream,
  isSafe: boolean,
): PreparedUpstream | undefined {
  if (outcome.kind !== 'failed' || outcome.retry === undefined) return undefined
  if (outcome.retry === 'untouched') return tried
  if (!isSafe) return undefined
  if (outcome.retry === 'same') return tried
  const other = upstreams.next(tried)
  return other === tried ? undefined : other
}

function attempt(
  { visit, arrival, route, allowed }: AllowedRequest,
  upstream: PreparedUpstream,
  token: GoogleToken | undefined,
): Promise<ExchangeOutcome> {
  visit.bytes = 0
  return exchange(upstreamRequest(visit, arrival, route, upstream, allowed, token), visit.response)
}

function upstreamRequest(
  visit: Visit,
  arrival: Arrival,
  { route, rewrite, responsePlan }: PreparedRoute,
  upstream: PreparedUpstream,
  allowed: Allowed,
  token: GoogleToken | undefined,
): UpstreamRequest {
  return {
    upstream: upstream.connections,
    method: arrival.head.method,
    path: upstreamPath(arrival, rewrite),
    headers: upstreamHeaders(visit, arrival, upstream, allowed, token),
    body: requestBody(visit, arrival),
    prefersHttp2: needsHttp2(arrival),
    acceptsTrailers: arrival.head.acceptsTrailers,
    receiveTimeoutMs: timeToReceive(visit),
    timeoutMs: route.timeoutMs,
    idleTimeoutMs: route.idleTimeoutMs,
    maxDurationMs: visit.state.config.timeouts.writeMs,
    carriesGoogleToken: token !== undefined,
    responsePlan,
    requestId: visit.requestId,
    meter: visit,
  }
}

/** What is left of `timeout_read` for the body; 0: no limit. */
function timeToReceive({ startedAt, state }: Visit): number {
  const { requestMs = 0 } = state.config.timeouts
  return requestMs === 0 ? 0 : Math.max(1, requestMs - (performance.now() - startedAt))
}

export function upstreamPath(arrival: Arrival, rewrite: PreparedRoute['rewrite']): string {
  const path = rewrite === undefined ? arrival.path : rewrite(arrival.path)
  if (path === undefined) throw new PosternError('REQUEST_AMBIGUOUS', 'the rewritten path leaves its prefix')
  return arrival.query === '' ? path : `${path}?${arrival.query}`
}

export function upstreamHeaders(
  visit: Visit,
  arrival: Arrival,
  upstream: Pick<PreparedUpstream, 'requestPlan'>,
  allowed: Pick<Allowed, 'setHeaders' | 'removeHeaders'>,
  token: GoogleToken | undefined,
): string[] {
  const { head, cookies, presented, host, client } = arrival
  return buildRequestHeaders(upstream.requestPlan, {
    clientHeaders: head.forwardable,
    cookies: cookies.others,
    authorization: presented.authorization,
    host: host.host,
    path: arrival.path,
    forwardedFor: client.forwardedFor,
    requestId: visit.requestId,
    hops: hopsSoFar(head.hops),
    identity: allowed.setHeaders,
    removedByDecision: allowed.removeHeaders,
    serverless: token?.headers ?? [],
    contentLength: head.framing.kind === 'length' ? head.framing.bytes : undefined,
    names: visit.state.headerNames,
  })
}

const maxHops = 5

function hopsSoFar(sent: string | undefined): number {
  const hops = sent !== undefined && /^\d$/.test(sent) ? Number(sent) : 0
  if (hops >= maxHops) throw new PosternError('LOOP_DETECTED', `${hops} hops through this deployment`)
  return hops
}

/**
 * gRPC, and any body without a length that came by HTTP/2: there both sides may talk at once and end with trailers. All
 * else costs less by HTTP/1.1 (docs/adr/0014).
 */
function needsHttp2({ head }: Arrival): boolean {
  if (!head.isStream || head.framing.kind === 'none') return false
  return (
    head.framing.kind === 'chunked' ||
    head.forwardable.some(({ name, value }) => name.lower === 'content-type' && grpcKind(value) === 'grpc')
  )
}

/** Only a framed body exists. A client that waits for `100 Continue` may go on: somebody is ready to read. */
export function requestBody({ request, response }: Visit, { head }: Arrival): Visit['request'] | undefined {
  if (head.framing.kind === 'none') return undefined
  if (head.expectsContinue) response.writeContinue()
  return request
}

function conclude({ log }: ForwardDeps, visit: Visit, route: PreparedRoute, outcome: ExchangeOutcome): void {
  switch (outcome.kind) {
    case 'answered':
      discardBody(visit.request)
      return
    case 'broken':
      // A truncated answer must not look like a complete one (security case L8).
      visit.errorCode = outcome.error.code
      log.warn({ error: outcome.error, 'request-id': visit.requestId, 'route-id': route.route.id }, 'answer broken off')
      visit.response.destroy()
      return
    case 'failed':
      if (visit.response.destroyed) return
      if (outcome.retry === 'untouched' && visit.response.refuse !== undefined) {
        // Its body is on its way, so only the client can send it again; being told this, clients of gRPC do (RFC 9113 §8.7).
        visit.errorCode = outcome.error.code
        visit.response.refuse()
        return
      }
      throw outcome.error
    case 'refused':
      throw refusedByGoogle(route.route, outcome.refusal)
  }
}
