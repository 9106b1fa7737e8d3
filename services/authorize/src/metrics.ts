import type { ErrorCode } from '@postern/shared/errors/catalogue.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Counter } from '@postern/shared/metrics/instruments.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import type { SessionLookup } from '@postern/shared/session/session-store.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import type { RefreshOutcome } from './authenticate-calls.ts'
import type { ResolvedCredential } from './session/credential-resolver.ts'

export type CheckOutcome = 'allow' | 'deny' | 'sign-in' | 'bearer-refused' | 'error'
type Refresh<Result> = (handle: SessionHandle) => Promise<Result>
type RefusedFor = Exclude<Extract<ResolvedCredential, { kind: 'refused' }>['why'], 'no-session'>

/** What checks usually fail with; other codes join them when they happen. */
const checkFailures: readonly ErrorCode[] = [
  'SESSION_STORE_UNAVAILABLE',
  'AUTHENTICATE_UNAVAILABLE',
  'IDP_UNAVAILABLE',
  'PDP_ROUTE_UNKNOWN',
  'INTERNAL',
]

const refusals: readonly RefusedFor[] = ['malformed', 'signature', 'expired', 'claims', 'session-over']

const refreshResults: readonly (RefreshOutcome | ErrorCode)[] = [
  'read-again',
  'ended',
  'idp-unavailable',
  'AUTHENTICATE_UNAVAILABLE',
  'SESSION_STORE_UNAVAILABLE',
  'INTERNAL',
]

/** What authorize counts. Whoever sees something happen says so here; what is asked for at a look is added in `service.ts`. */
export class AuthorizeMetrics {
  readonly #metrics: Metrics
  readonly #outcomes: Readonly<Record<CheckOutcome, Counter>>
  readonly #copyHits: Counter
  readonly #reads: Readonly<Record<SessionLookup['kind'], Counter>>
  readonly #missing: Counter
  readonly #checkTook: (seconds: number) => void

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    const outcome = (name: CheckOutcome) => metrics.counter('postern_authorize_decisions_total', { outcome: name })
    this.#outcomes = {
      allow: outcome('allow'),
      deny: outcome('deny'),
      'sign-in': outcome('sign-in'),
      'bearer-refused': outcome('bearer-refused'),
      error: outcome('error'),
    }
    const lookup = (source: 'copy' | 'store', result: SessionLookup['kind']) =>
      metrics.counter('postern_authorize_session_lookups_total', { source, result })
    this.#copyHits = lookup('copy', 'found')
    this.#reads = {
      found: lookup('store', 'found'),
      absent: lookup('store', 'absent'),
      unavailable: lookup('store', 'unavailable'),
    }
    metrics.startAtZero(
      'postern_authorize_check_failures_total',
      checkFailures.map((code) => ({ code })),
    )
    metrics.startAtZero(
      'postern_authorize_credentials_refused_total',
      refusals.map((reason) => ({ reason })),
    )
    metrics.startAtZero(
      'postern_authorize_refresh_calls_total',
      refreshResults.map((result) => ({ result })),
    )
    this.#missing = metrics.counter('postern_authorize_sessions_missing_total')
    const durations = metrics.histogram('postern_authorize_check_duration_seconds')
    this.#checkTook = (seconds) => durations.observe(seconds)
  }

  decided(outcome: Exclude<CheckOutcome, 'error'>): void {
    this.#outcomes[outcome].add()
  }

  notDecided(error: unknown): void {
    this.#outcomes.error.add()
    this.#metrics.counter('postern_authorize_check_failures_total', { code: codeOf(error) }).add()
  }

  checkTook(ms: number): void {
    this.#checkTook(ms / 1000)
  }

  foundInCopies(): void {
    this.#copyHits.add()
  }

  readFromStore({ kind }: SessionLookup): void {
    this.#reads[kind].add()
  }

  /** The credential is genuine, and there is no such session (security case REL-B4). */
  sessionMissing(): void {
    this.#missing.add()
  }

  credentialRefused(reason: RefusedFor): void {
    this.#metrics.counter('postern_authorize_credentials_refused_total', { reason }).add()
  }

  /** The same call, with its results counted. */
  refreshing<Result extends string>(refresh: Refresh<Result>): Refresh<Result> {
    const count = (result: string): void =>
      this.#metrics.counter('postern_authorize_refresh_calls_total', { result }).add()
    return async (handle) => {
      try {
        const result = await refresh(handle)
        count(result)
        return result
      } catch (error) {
        count(codeOf(error))
        throw error
      }
    }
  }
}

/** For what nobody looks at. */
export function uncounted(): AuthorizeMetrics {
  return new AuthorizeMetrics(new Metrics())
}

function codeOf(error: unknown): string {
  return error instanceof PosternError ? error.code : 'INTERNAL'
}
