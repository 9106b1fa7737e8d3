import type { ErrorCode } from '@postern/shared/errors/catalogue.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'

const idpEndpoints = ['discovery', 'jwks', 'token', 'userinfo', 'revocation', 'introspection', 'other'] as const
const idpCallResults = ['ok', '4xx', '5xx', 'timeout', 'failed'] as const

export type IdpEndpoint = (typeof idpEndpoints)[number]
export type IdpCallResult = (typeof idpCallResults)[number]

/** What sign-ins usually fail with; other codes join them when they happen. */
const signInFailures: readonly ErrorCode[] = [
  'SIGN_IN_LINK_INVALID',
  'RETURN_TO_REFUSED',
  'FLOW_MISMATCH',
  'FLOW_EXPIRED',
  'SIGN_IN_LOOP',
  'IDP_DECLINED',
  'IDP_REJECTED_CODE',
  'IDP_CLAIMS_REFUSED',
  'IDP_AUTHENTICATION_INSUFFICIENT',
  'IDP_UNAVAILABLE',
  'IDP_MISCONFIGURED',
  'SESSION_STORE_UNAVAILABLE',
  'INTERNAL',
]

const logoutFailures: readonly ErrorCode[] = ['LOGOUT_TOKEN_INVALID', 'SESSION_STORE_UNAVAILABLE', 'INTERNAL']

/** What an IdP's refusal of a refresh means; with any other code, something else went wrong. */
const refusedRefreshes: Readonly<Record<string, string>> = {
  IDP_REJECTED_CODE: 'invalid-grant',
  IDP_CLAIMS_REFUSED: 'claims-refused',
  IDP_MISCONFIGURED: 'invalid-client',
  IDP_UNAVAILABLE: 'unavailable',
}

/** What authenticate counts. Whoever sees something happen says so here; what is asked for at a look is added in `service.ts`. */
export class AuthenticateMetrics {
  readonly #metrics: Metrics

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    const results = (...all: readonly string[]) => all.map((result) => ({ result }))
    metrics.startAtZero('postern_authenticate_sign_ins_total', results('ok', ...signInFailures))
    metrics.startAtZero(
      'postern_authenticate_refreshes_total',
      results('ok', ...Object.values(refusedRefreshes), 'error'),
    )
    metrics.startAtZero('postern_authenticate_backchannel_logouts_total', results('ok', ...logoutFailures))
    metrics.startAtZero('postern_authenticate_tickets_total', results('redeemed', 'refused', 'failed'))
    metrics.startAtZero(
      'postern_authenticate_idp_calls_total',
      idpEndpoints.flatMap((endpoint) => idpCallResults.map((result) => ({ endpoint, result }))),
    )
  }

  /** `code`: why it was refused; left out: somebody is signed in. */
  signInEnded(code?: string): void {
    this.#metrics.counter('postern_authenticate_sign_ins_total', { result: code ?? 'ok' }).add()
  }

  idpCalled(endpoint: IdpEndpoint, result: IdpCallResult, ms: number): void {
    this.#metrics.counter('postern_authenticate_idp_calls_total', { endpoint, result }).add()
    this.#metrics.histogram('postern_authenticate_idp_call_duration_seconds', { endpoint }).observe(ms / 1000)
  }

  /** How far the IdP's clock is ahead of ours. */
  idpClockSeen(skewMs: number): void {
    this.#metrics.gauge('postern_authenticate_idp_clock_skew_seconds').set(skewMs / 1000)
  }

  /** An IdP was asked for new tokens; without an error, they came. */
  refreshed(error?: unknown): void {
    const result = error === undefined ? 'ok' : (refusedRefreshes[codeOf(error)] ?? 'error')
    this.#metrics.counter('postern_authenticate_refreshes_total', { result }).add()
  }

  /** The same work, with what came of it counted as a back-channel logout. */
  backchannelLogout<T>(work: () => Promise<T>): Promise<T> {
    return counting(work, (error) => {
      const result = error === undefined ? 'ok' : codeOf(error)
      this.#metrics.counter('postern_authenticate_backchannel_logouts_total', { result }).add()
    })
  }

  /** The same work, with what came of it counted as a ticket. */
  ticket<T>(work: () => Promise<T>): Promise<T> {
    return counting(work, (error) => {
      const result = error === undefined ? 'redeemed' : codeOf(error) === 'TICKET_INVALID' ? 'refused' : 'failed'
      this.#metrics.counter('postern_authenticate_tickets_total', { result }).add()
    })
  }
}

/** For what nobody looks at. */
export function uncounted(): AuthenticateMetrics {
  return new AuthenticateMetrics(new Metrics())
}

async function counting<T>(work: () => Promise<T>, count: (error?: unknown) => void): Promise<T> {
  try {
    const result = await work()
    count()
    return result
  } catch (error) {
    count(error)
    throw error
  }
}

function codeOf(error: unknown): string {
  return error instanceof PosternError ? error.code : 'INTERNAL'
}
