import type { Logger } from '../../log/logger.ts'
import { Metrics } from '../../metrics/metrics.ts'
import { ConnectionMetrics, type RedisCounting } from './connection-metrics.ts'
import type { RedisFailureReason } from './redis-failure.ts'

/** Reasons that only repeat, in other words, that the connection is gone. */
const followUps: readonly RedisFailureReason[] = ['not-connected', 'timeout']

/** Logs when something of Redis stops answering and when it answers again: once per change, not once per request. Counts every time. */
export class Availability {
  readonly #log: Logger
  readonly #what: string
  readonly #metrics: ConnectionMetrics
  #failing: RedisFailureReason | undefined

  /** `what` is one of few words: `reads`, `writes`, `invalidation`. `counting` left out: nobody is interested. */
  constructor(what: string, { log, counting }: { readonly log: Logger; readonly counting?: RedisCounting }) {
    this.#log = log
    this.#what = what
    this.#metrics = new ConnectionMetrics(counting ?? { metrics: new Metrics(), service: 'authorize' }, what)
  }

  get metrics(): Pick<ConnectionMetrics, 'took' | 'circuit'> {
    return this.#metrics
  }

  succeeded(): void {
    this.#metrics.succeeded()
    if (this.#failing === undefined) return
    this.#failing = undefined
    this.#log.info({ redis: this.#what }, 'Redis answers again')
  }

  failed(reason: RedisFailureReason): void {
    this.#metrics.failed(reason)
    const isNews = this.#failing === undefined || (reason !== this.#failing && !followUps.includes(reason))
    if (!isNews) return
    this.#failing = reason
    this.#log.error({ redis: this.#what, reason }, 'Redis does not answer')
  }
}
