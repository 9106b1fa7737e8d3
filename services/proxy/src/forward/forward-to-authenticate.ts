import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { discardBody } from '../answers/answer.ts'
import type { Visit } from '../log/visit.ts'
import type { Arrival } from '../request/arrival.ts'
import type { PreparedAuthenticate } from '../routes/prepared-authenticate.ts'
import { requestBody, upstreamHeaders, upstreamPath } from './forward.ts'
import { exchange } from './upstream-exchange.ts'

const nothing = { setHeaders: [], removeHeaders: [] }
/** Longer than its own calls to the identity provider: three for an answer of it, one for anything else. */
const callbackTimeoutMs = 30_000
const otherTimeoutMs = 10_000
const idleTimeoutMs = 10_000

/**
 * Hands a request for the authenticate host to authenticate: nothing to decide, no identity, no token, and its cookies
 * stay as they are. @throws PosternError AUTHENTICATE_UNAVAILABLE
 */
export async function forwardToAuthenticate(
  visit: Visit,
  arrival: Arrival,
  authenticate: PreparedAuthenticate,
): Promise<void> {
  const whole = { ...arrival, cookies: { ...arrival.cookies, others: arrival.head.cookies } }
  const timeoutMs = arrival.path === '/oauth2/callback' ? callbackTimeoutMs : otherTimeoutMs
  const outcome = await exchange(
    {
      upstream: authenticate.connections,
      method: arrival.head.method,
      path: upstreamPath(arrival, undefined),
      headers: upstreamHeaders(visit, whole, authenticate, nothing, undefined),
      body: requestBody(visit, arrival),
      prefersHttp2: false,
      acceptsTrailers: false,
      receiveTimeoutMs: timeoutMs,
      timeoutMs,
      idleTimeoutMs,
      maxDurationMs: timeoutMs,
      carriesGoogleToken: false,
      responsePlan: authenticate.responsePlan,
      requestId: visit.requestId,
      meter: visit,
    },
    visit.response,
  )
  if (outcome.kind === 'answered') discardBody(visit.request)
  else if (outcome.kind === 'broken') visit.response.destroy()
  else if (outcome.kind === 'failed' && !visit.response.destroyed) {
    throw new PosternError('AUTHENTICATE_UNAVAILABLE', 'authenticate did not answer', { cause: outcome.error })
  }
}
