import type { ErrorCode } from '@postern/shared/errors/catalogue.ts'
import type { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Counter, Gauge, Histogram } from '@postern/shared/metrics/instruments.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { statusOf } from './log/access-log.ts'
import type { Visit } from './log/visit.ts'

const decisions = ['allow', 'deny', 'sign-in', 'none'] as const
const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** Why a request was sent once more to an application, by what the exchange with it said. */
const retryReasons: Readonly<Record<string, string>> = {
  same: 'stale-connection',
  other: 'other-upstream',
  untouched: 'refused-stream',
  token: 'token-refused',
}

const checkRetryReasons = ['stream-broke', 'other-instance'] as const

/** What checks usually fail with; other codes join them when they happen. */
const checkFailures: readonly ErrorCode[] = [
  'PDP_UNAVAILABLE',
  'PDP_DEADLINE',
  'PDP_ROUTE_UNKNOWN',
  'SESSION_STORE_UNAVAILABLE',
  'AUTHENTICATE_UNAVAILABLE',
  'IDP_UNAVAILABLE',
  'INTERNAL',
]

const mintResults: readonly ('ok' | ErrorCode)[] = ['ok', 'TOKEN_MINT_FAILED', 'TOKEN_MINT_FORBIDDEN']

/** What the proxy counts. Whoever sees something happen says so here; what is asked for at a look is read from its owner. */
export class ProxyMetrics {
  readonly #metrics: Metrics
  readonly #routes = new Map<string, RouteMetrics>()
  readonly #inFlight: Gauge
  readonly #checks: Histogram
  readonly #mints: Histogram

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    this.#inFlight = metrics.gauge('postern_proxy_requests_in_flight')
    this.#checks = metrics.histogram('postern_proxy_check_duration_seconds')
    this.#mints = metrics.histogram('postern_proxy_google_token_mint_duration_seconds')
    metrics.startAtZero(
      'postern_proxy_check_failures_total',
      checkFailures.map((code) => ({ code })),
    )
    metrics.startAtZero(
      'postern_proxy_check_retries_total',
      checkRetryReasons.map((reason) => ({ reason })),
    )
    metrics.startAtZero(
      'postern_proxy_upstream_retries_total',
      Object.values(retryReasons).map((reason) => ({ reason })),
    )
  }

  began(): void {
    this.#inFlight.add(1)
  }

  /** Of each visit once, with its access record. */
  ended(visit: Visit): void {
    this.#inFlight.add(-1)
    const name = visit.route?.route.name ?? visit.route?.route.id ?? 'none'
    let route = this.#routes.get(name)
    if (route === undefined) this.#routes.set(name, (route = new RouteMetrics(this.#metrics, name)))
    route.ended(visit)
    if (visit.errorCode !== undefined) {
      this.#metrics.counter('postern_proxy_errors_total', { route: name, code: visit.errorCode }).add()
    }
    if (visit.checkMs === undefined) return
    this.#checks.observe(visit.checkMs / 1000)
    if (visit.decision !== undefined) return
    this.#metrics.counter('postern_proxy_check_failures_total', { code: visit.errorCode ?? 'INTERNAL' }).add()
  }

  checkRetried(reason: (typeof checkRetryReasons)[number]): void {
    this.#metrics.counter('postern_proxy_check_retries_total', { reason }).add()
  }

  upstreamRetried(why: string): void {
    this.#metrics.counter('postern_proxy_upstream_retries_total', { reason: retryReasons[why] ?? 'other' }).add()
  }

  /** Google may be asked for a token for this audience from now on. */
  expectMints(audience: string): void {
    this.#metrics.startAtZero(
      'postern_proxy_google_token_mints_total',
      mintResults.map((result) => ({ audience, result })),
    )
  }

  /** Google was asked for a token for an audience of the configuration; without an error, one came. */
  minted(audience: string, ms: number, error?: PosternError): void {
    this.#mints.observe(ms / 1000)
    this.#metrics.counter('postern_proxy_google_token_mints_total', { audience, result: error?.code ?? 'ok' }).add()
  }

  /** What somebody can say of himself whenever he is asked. */
  show(name: ShownName, value: () => number | undefined): Disposable {
    return this.#metrics.read(name, value)
  }
}

type ShownName =
  | 'postern_proxy_tunnels_open'
  | 'postern_proxy_draining'
  | 'postern_proxy_authorize_up'
  | 'postern_proxy_authorize_streams'
  | 'postern_proxy_google_tokens_cached'
  | 'postern_proxy_google_token_lifetime_seconds'

/** One route's instruments, found without making a key for each request. */
class RouteMetrics {
  readonly #metrics: Metrics
  readonly #name: string
  readonly #requests: (Counter | undefined)[] = []
  readonly #durations: Histogram

  constructor(metrics: Metrics, name: string) {
    this.#metrics = metrics
    this.#name = name
    this.#durations = metrics.histogram('postern_proxy_request_duration_seconds', { route: name })
  }

  ended(visit: Visit): void {
    const status = statusOf(visit)
    const statusClass = Math.floor(status / 100) - 1
    const decision = decisions.indexOf(visit.decision ?? 'none')
    const place = statusClass * decisions.length + decision
    const requests = this.#requests[place] ?? (this.#requests[place] = this.#requestsOf(statusClass, decision))
    requests.add()
    const isWhole = status !== 101 && visit.response.writableFinished
    if (isWhole) this.#durations.observe((performance.now() - visit.startedAt) / 1000)
  }

  #requestsOf(statusClass: number, decision: number): Counter {
    return this.#metrics.counter('postern_proxy_requests_total', {
      route: this.#name,
      status_class: statusClasses[statusClass] ?? 'other',
      decision: decisions[decision] ?? 'none',
    })
  }
}

/** For what nobody looks at. */
export function uncounted(): ProxyMetrics {
  return new ProxyMetrics(new Metrics())
}
