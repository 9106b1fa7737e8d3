import type { ServiceName } from '../../config/model.ts'
import type { Counter, Gauge, Histogram } from '../../metrics/instruments.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import type { RedisFailureReason } from './redis-failure.ts'

/** Where to count, and for whom: in one process, two services may have connections of their own. */
export interface RedisCounting {
  readonly metrics: Metrics
  readonly service: ServiceName
}

/** The failures that operators have a name for, and that are counted from the start; any other joins them when it happens. */
const expectedReasons: readonly RedisFailureReason[] = [
  'noauth',
  'wrongpass',
  'noperm',
  'readonly',
  'oom',
  'loading',
  'timeout',
  'not-connected',
  'econnrefused',
]

/** What is counted for one connection. */
export class ConnectionMetrics {
  readonly #metrics: Metrics
  readonly #labels: { readonly service: ServiceName; readonly connection: string }
  readonly #up: Gauge
  readonly #durations: Histogram
  readonly #errors = new Map<RedisFailureReason, Counter>()

  constructor({ metrics, service }: RedisCounting, connection: string) {
    this.#metrics = metrics
    this.#labels = { service, connection }
    this.#up = metrics.gauge('postern_redis_up', this.#labels)
    this.#durations = metrics.histogram('postern_redis_command_duration_seconds', this.#labels)
    metrics.startAtZero(
      'postern_redis_errors_total',
      expectedReasons.map((reason) => ({ ...this.#labels, reason })),
    )
  }

  succeeded(): void {
    this.#up.set(1)
  }

  failed(reason: RedisFailureReason): void {
    this.#up.set(0)
    let errors = this.#errors.get(reason)
    if (errors === undefined) {
      errors = this.#metrics.counter('postern_redis_errors_total', { ...this.#labels, reason })
      this.#errors.set(reason, errors)
    }
    errors.add()
  }

  /** A command was answered, or failed, after this long. */
  took(ms: number): void {
    this.#durations.observe(ms / 1000)
  }

  /** `isOpen`: whether a command would fail at once now. */
  circuit(isOpen: () => boolean): Disposable {
    return this.#metrics.read('postern_redis_circuit_open', () => Number(isOpen()), this.#labels)
  }
}
