import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { Deadlines } from '@postern/shared/grpc/deadlines.ts'
import type { CheckAnswer, CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { encodeCheck, type CheckInput, type CheckOutcome } from '@postern/shared/wire/check-stream.ts'
import type { AccessChecker, AccessCheckerConfig, AccessCheckerDeps, SessionChangeListener } from './access-checker.ts'
import { systemLookup } from './address-book.ts'
import { uncounted, type ProxyMetrics } from '../metrics.ts'
import type { CheckStream } from './check-stream.ts'
import { Numbered } from './numbered.ts'
import { SessionChanges } from './session-changes.ts'
import { StreamPool } from './stream-pool.ts'

/** A message holds at most this many checks and about this many bytes; the rest goes in the next one. */
const maxBatch = { checks: 256, bytes: 1024 * 1024 } as const
/** A check that broke this many streams is not tried on yet another one. */
const maxAttempts = 3
/** Without a single stream: until then where every address refuses, */
const refusedAfterMs = 1_000
/** and until then where one may still answer. */
const silentAfterMs = 2_000
const defaults = { streamMaxAgeMs: 240_000, maxInFlight: 10_000 } as const

interface PendingCheck {
  readonly id: number
  readonly question: CheckQuestion
  readonly deadlineAtMs: number
  readonly resolve: (answer: CheckAnswer) => void
  readonly reject: (error: PosternError) => void
  /** Where it was sent last; `undefined` while it waits for a stream. */
  stream: CheckStream | undefined
  sentAtMs: number
  /** Since when it waits for a stream. */
  queuedAtMs: number
  attempts: number
  /** It was asked again because the first instance could not decide; that is done once. */
  askedElsewhere: boolean
}

/** Checks over streams: all of one event-loop turn in one message, answers in any order, each with its own deadline. */
class StreamChecker {
  readonly #timeoutMs: number
  readonly #maxInFlight: number
  readonly #pool: StreamPool
  readonly #changes: SessionChanges
  readonly #metrics: Pick<ProxyMetrics, 'checkRetried' | 'show'>
  readonly #shown: Disposable
  readonly #pending = new Numbered<PendingCheck>()
  readonly #deadlines = new Deadlines<number>((id) => this.#expire(id))
  #queue: PendingCheck[] = []
  #flushing = false
  #wasReady = false
  #disposed = false

  constructor(config: AccessCheckerConfig, deps: AccessCheckerDeps) {
    const { log, lookup = systemLookup, streamMaxAgeMs = defaults.streamMaxAgeMs } = deps
    this.#timeoutMs = config.checkTimeoutMs
    this.#maxInFlight = deps.maxInFlight ?? defaults.maxInFlight
    this.#changes = new SessionChanges(log)
    this.#metrics = deps.metrics ?? uncounted()
    this.#shown = this.#metrics.show('postern_proxy_authorize_streams', () => this.#pool.readyCount)
    const { authorizeTargets: targets, grpc } = config
    this.#pool = new StreamPool(
      { targets, security: grpc.security, lookup, streamMaxAgeMs, log },
      {
        ready: () => this.#becomeReady(),
        outcome: (stream, id, outcome) => this.#settle(stream, id, outcome),
        changed: (change) => this.#changes.publish(change),
        closed: (stream) => {
          this.#wasReady &&= this.#pool.hasReady
          this.#askAgain(stream)
        },
      },
    )
  }

  isReady(): boolean {
    return this.#pool.hasReady
  }

  onSessionsChanged(listener: SessionChangeListener): Disposable {
    return this.#changes.subscribe(listener)
  }

  check(question: CheckQuestion): Promise<CheckAnswer> {
    if (this.#disposed || this.#pending.size >= this.#maxInFlight) {
      return Promise.reject(new PosternError('PDP_UNAVAILABLE', 'too many checks are waiting for authorize'))
    }
    return new Promise((resolve, reject) => {
      const deadlineAtMs = performance.now() + this.#timeoutMs
      const pending = this.#pending.add((id) => ({
        id,
        question,
        deadlineAtMs,
        resolve,
        reject,
        stream: undefined,
        sentAtMs: 0,
        queuedAtMs: 0,
        attempts: 0,
        askedElsewhere: false,
      }))
      this.#enqueue(pending)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#shown[Symbol.dispose]()
    this.#pool[Symbol.dispose]()
    this.#deadlines[Symbol.dispose]()
    for (const { reject } of this.#pending.values()) reject(new PosternError('PDP_UNAVAILABLE', 'shutting down'))
    this.#pending.clear()
    this.#queue = []
    return Promise.resolve()
  }

  #enqueue(pending: PendingCheck): void {
    pending.stream = undefined
    pending.queuedAtMs = performance.now()
    const lookAtMs = this.#wasReady ? Infinity : pending.queuedAtMs + refusedAfterMs
    this.#deadlines.add(pending.id, Math.min(pending.deadlineAtMs, lookAtMs))
    this.#queue.push(pending)
    if (this.#flushing) return
    this.#flushing = true
    // After the poll phase: everything that arrived in this turn is in the queue by then.
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#flushing = false
    const queue = this.#queue
    this.#queue = []
    for (let next = 0; next < queue.length;) {
      const stream = this.#pool.pick()
      if (!stream) {
        // They wait for a stream or for their deadline, whichever comes first.
        this.#queue = queue.slice(next).filter(({ id }) => this.#pending.get(id) !== undefined)
        return
      }
      next = this.#send(stream, queue, next)
    }
  }

  /** Sends one message, and says where the next one begins. */
  #send(stream: CheckStream, queue: readonly PendingCheck[], from: number): number {
    const now = performance.now()
    const checks: CheckInput[] = []
    let bytes = 0
    let next = from
    for (; next < queue.length && checks.length < maxBatch.checks && bytes < maxBatch.bytes; next++) {
      const pending = queue[next]
      if (!pending || this.#pending.get(pending.id) === undefined) continue
      pending.stream = stream
      pending.sentAtMs = now
      pending.attempts++
      checks.push(encodeCheck(pending.id, pending.deadlineAtMs - now, pending.question))
      bytes += sizeOf(pending.question)
    }
    if (checks.length > 0) stream.send(checks)
    return next
  }

  #settle(stream: CheckStream, id: number, outcome: CheckOutcome): void {
    const pending = this.#pending.get(id)
    // Late: its deadline passed, or it was asked again elsewhere.
    if (!pending || pending.stream !== stream) return
    if (outcome.kind === 'failed' && outcome.retryable && this.#sendElsewhere(pending, stream)) return
    this.#pending.delete(id)
    this.#deadlines.remove(id)
    if (outcome.kind === 'answered') pending.resolve(outcome.answer)
    else pending.reject(new PosternError(outcome.code, 'answered by authorize'))
  }

  /** Another instance may know what this one does not: a new route, a session that it cannot read. */
  #sendElsewhere(pending: PendingCheck, except: CheckStream): boolean {
    const other = pending.askedElsewhere ? undefined : this.#pool.pick(except)
    if (!other) return false
    pending.askedElsewhere = true
    this.#metrics.checkRetried('other-instance')
    this.#send(other, [pending], 0)
    return true
  }

  /** A check has no side effect, so whatever a broken stream did not answer is asked again. */
  #askAgain(stream: CheckStream): void {
    if (stream.inFlight === 0) return
    for (const pending of this.#pending.values()) {
      if (pending.stream !== stream) continue
      if (pending.attempts < maxAttempts) {
        this.#metrics.checkRetried('stream-broke')
        this.#enqueue(pending)
      } else this.#fail(pending, new PosternError('PDP_UNAVAILABLE', 'every stream broke before it answered'))
    }
  }

  #expire(id: number): void {
    const pending = this.#pending.get(id)
    if (!pending) return
    const { stream, sentAtMs, deadlineAtMs, queuedAtMs } = pending
    const now = performance.now()
    if (!stream) {
      const giveUpAtMs = Math.min(deadlineAtMs, queuedAtMs + silentAfterMs)
      if (now < giveUpAtMs && !this.#pool.isRefused) this.#deadlines.add(id, giveUpAtMs)
      else this.#fail(pending, new PosternError('PDP_UNAVAILABLE', 'no connection to authorize in time'))
      return
    }
    // A stream came while it waited.
    if (now < deadlineAtMs) {
      this.#deadlines.add(id, deadlineAtMs)
      return
    }
    this.#fail(pending, new PosternError('PDP_DEADLINE', 'no answer from authorize in time'))
    // Not a word since: a connection that leads nowhere must not swallow the next checks too.
    if (stream.heardAtMs < sentAtMs) stream.break()
  }

  #fail(pending: PendingCheck, error: PosternError): void {
    this.#pending.delete(pending.id)
    this.#deadlines.remove(pending.id)
    pending.reject(error)
  }

  #becomeReady(): void {
    // While no stream was open, changes went by unheard.
    if (!this.#wasReady) this.#changes.publish({ kind: 'all' })
    this.#wasReady = true
    if (this.#queue.length > 0) this.#flush()
  }
}

/** A lower bound, for batching alone. */
function sizeOf({ facts, credential }: CheckQuestion): number {
  let size = facts.path.length + facts.query.length + (credential?.value.length ?? 0)
  for (const [name, values] of facts.headers) for (const value of values) size += name.length + value.length
  return size
}

/** Opens the streams. Does not wait for them. */
export function openStreamChecker(
  config: AccessCheckerConfig,
  deps: AccessCheckerDeps,
): Pick<AccessChecker, 'check' | 'onSessionsChanged' | 'isReady' | typeof Symbol.asyncDispose> {
  return new StreamChecker(config, deps)
}
