import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'

export type IdpEndpoint = 'discovery' | 'jwks' | 'token' | 'userinfo' | 'revocation' | 'introspection' | 'other'
export type IdpCallResult = 'ok' | '4xx' | '5xx' | 'timeout' | 'failed'

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
