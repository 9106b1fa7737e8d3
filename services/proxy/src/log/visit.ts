import type { ErrorCode } from '@postern/shared/errors/catalogue.ts'
import type { DownstreamRequest, DownstreamResponse } from '../listener/downstream.ts'
import type { Arrival } from '../request/arrival.ts'
import type { ProxyState } from '../routes/proxy-state.ts'
import type { PreparedRoute } from '../routes/prepared-route.ts'

/** One request from its first byte to its access record; filled in on the way. */
export interface Visit {
  readonly request: DownstreamRequest
  readonly response: DownstreamResponse
  readonly state: ProxyState
  /** Monotonic, in milliseconds. */
  readonly startedAt: number
  requestId: string
  arrival: Arrival | undefined
  route: PreparedRoute | undefined
  decision: 'allow' | 'deny' | 'sign-in' | undefined
  userId: string | undefined
  errorCode: ErrorCode | undefined
  checkMs: number | undefined
  upstreamMs: number | undefined
  /** Of the response's body. */
  bytes: number
}

export function newVisit(
  request: DownstreamRequest,
  response: DownstreamResponse,
  state: ProxyState,
  requestId: string,
): Visit {
  return {
    request,
    response,
    state,
    startedAt: performance.now(),
    requestId,
    arrival: undefined,
    route: undefined,
    decision: undefined,
    userId: undefined,
    errorCode: undefined,
    checkMs: undefined,
    upstreamMs: undefined,
    bytes: 0,
  }
}
