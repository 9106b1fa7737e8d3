import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@postern/shared/clock.ts'
import { ChurningSet } from '@postern/shared/collections/churning-set.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import type { AccessChecker } from '../check/access-checker.ts'

/** Something that stays open on the strength of one decision: an answer on its way, or a tunnel. */
export interface OpenStream {
  readonly question: CheckQuestion
  /** `undefined` for anonymous requests. */
  readonly sessionHandle: string | undefined
  readonly expiresAtMs: number
  /** The decision no longer holds. */
  readonly end: () => void
}

const sweepMs = 1_000
const maxAttempts = 3
const defaultRetryDelayMs = 250
/** Checks of one wave in flight at a time, so that a policy change does not drown authorize. */
const maxConcurrentChecks = 64

/**
 * Keeps what is open, and asks again when a session or the policy changed: what would be refused now ends within a
 * second of sign-out, revocation or expiry (design §4, security cases WS-10, SSE-02). No answer after some tries ends
 * it too: an open stream is no way around a failing decision point.
 */
export class OpenStreams implements Disposable {
  readonly #streams = new ChurningSet<OpenStream>()
  readonly #checker: AccessChecker
  readonly #clock: Clock
  readonly #log: Logger
  readonly #retryDelayMs: number
  readonly #subscription: Disposable
  readonly #sweep: NodeJS.Timeout

  constructor(checker: AccessChecker, clock: Clock, log: Logger, retryDelayMs = defaultRetryDelayMs) {
    this.#retryDelayMs = retryDelayMs
    this.#checker = checker
    this.#clock = clock
    this.#log = log
    this.#subscription = checker.onSessionsChanged((change) => {
      const handles = change.kind === 'all' ? undefined : new Set<string | undefined>(change.handles)
      this.#recheck(this.#streams.values().filter(({ sessionHandle }) => handles?.has(sessionHandle) ?? true))
    })
    this.#sweep = setInterval(() => this.#endExpired(), sweepMs).unref()
  }

  get size(): number {
    return this.#streams.size
  }

  add(stream: OpenStream): void {
    this.#streams.add(stream)
  }

  delete(stream: OpenStream): void {
    this.#streams.delete(stream)
  }

  /** The configuration changed: what belongs to a route that is gone ends, all others are asked for again. */
  configurationChanged(routes: ReadonlyMap<string, unknown>): void {
    for (const stream of this.#streams.values()) if (!routes.has(stream.question.routeId)) this.#end(stream)
    this.#recheck(this.#streams.values())
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweep)
    this.#subscription[Symbol.dispose]()
  }

  #endExpired(): void {
    if (this.#streams.size === 0) return
    const now = this.#clock.now().getTime()
    for (const stream of this.#streams.values()) if (stream.expiresAtMs <= now) this.#end(stream)
  }

  #recheck(streams: OpenStream[]): void {
    const work = async (): Promise<void> => {
      for (let stream = streams.pop(); stream !== undefined; stream = streams.pop()) {
        if (!(await this.#isStillAllowed(stream))) this.#end(stream)
      }
    }
    const workers = Math.min(maxConcurrentChecks, streams.length)
    for (let started = 0; started < workers; started += 1) void work()
  }

  async #isStillAllowed(stream: OpenStream): Promise<boolean> {
    for (let attempt = 1; attempt <= maxAttempts && this.#streams.has(stream); attempt += 1) {
      try {
        const answer = await this.#checker.check(stream.question)
        return answer.kind === 'allow'
      } catch (error) {
        this.#log.warn({ error, attempt, 'request-id': stream.question.requestId }, 'open stream could not be checked')
        await delay(this.#retryDelayMs)
      }
    }
    return false
  }

  #end(stream: OpenStream): void {
    if (!this.#streams.delete(stream)) return
    this.#log.info({ 'request-id': stream.question.requestId }, 'open stream ended: access no longer holds')
    stream.end()
  }
}
