import type { Logger } from '../../log/logger.ts'
import type { RedisFailureReason } from './redis-failure.ts'

/** Reasons that only repeat, in other words, that the connection is gone. */
const followUps: readonly RedisFailureReason[] = ['not-connected', 'timeout']

/** Logs when something of Redis stops answering and when it answers again: once per change, not once per request. */
export class Availability {
  readonly #log: Logger
  readonly #what: string
  #failing: RedisFailureReason | undefined

  /** `what` is one of few words: `reads`, `writes`, `invalidation`. */
  constructor(log: Logger, what: string) {
    this.#log = log
    this.#what = what
  }

  succeeded(): void {
    if (this.#failing === undefined) return
    this.#failing = undefined
    this.#log.info({ redis: this.#what }, 'Redis answers again')
  }

  failed(reason: RedisFailureReason): void {
    const isNews = this.#failing === undefined || (reason !== this.#failing && !followUps.includes(reason))
    if (!isNews) return
    this.#failing = reason
    this.#log.error({ redis: this.#what, reason }, 'Redis does not answer')
  }
}
