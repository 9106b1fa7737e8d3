import type { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { GrpcChannel } from '@postern/shared/grpc/channel.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { CheckOutcome } from '@postern/shared/wire/check-stream.ts'
import type { SessionChange } from './access-checker.ts'
import { CheckStream } from './check-stream.ts'

const firstRetryMs = 100
/** Soon enough that hardly anybody notices the restart of an only instance. */
const lastRetryMs = 1_000

export interface StreamSlotListener {
  ready(): void
  outcome(stream: CheckStream, id: number, outcome: CheckOutcome): void
  changed(change: SessionChange): void
  /** The instance behind this address is going away, or went. */
  leaving(): void
  /** What this stream did not answer has to be asked elsewhere. */
  closed(stream: CheckStream): void
}

export interface StreamSlotDeps {
  readonly address: string
  readonly openChannel: () => Promise<GrpcChannel>
  /** When a stream is old; each gets its own age around this one, so that they do not all go at once. */
  readonly maxAgeMs: number
  readonly log: Logger
}

/**
 * Keeps one stream to one address: opens it, opens the next before the last is gone (age, draining), and tries again with
 * back-off and jitter when it breaks.
 */
export class StreamSlot implements Disposable {
  readonly #deps: StreamSlotDeps
  readonly #listener: StreamSlotListener
  readonly #streams = new Set<CheckStream>()
  #current: CheckStream | undefined
  #next: CheckStream | undefined
  #failures = 0
  #retryTimer: NodeJS.Timeout | undefined
  #ageTimer: NodeJS.Timeout | undefined
  #opening = false
  #state: 'open' | 'leaving' | 'disposed' = 'open'

  constructor(deps: StreamSlotDeps, listener: StreamSlotListener) {
    this.#deps = deps
    this.#listener = listener
    this.#open()
  }

  /** The stream to send on; `undefined` while there is none. */
  get ready(): CheckStream | undefined {
    return this.#current?.isReady ? this.#current : undefined
  }

  /** Whether the last attempt to open a stream failed. */
  get isFailing(): boolean {
    return this.#failures > 0
  }

  /** Whether every stream has ended. */
  get isEmpty(): boolean {
    return this.#streams.size === 0 && !this.#opening
  }

  /** The address is no longer in use: no new streams, and the present one ends when its answers are in. */
  leave(): void {
    if (this.#state !== 'open') return
    this.#state = 'leaving'
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#ageTimer)
    this.#current?.retire()
    this.#current = undefined
    this.#next?.break()
  }

  /** Breaks all streams off. */
  [Symbol.dispose](): void {
    this.leave()
    this.#state = 'disposed'
    for (const stream of this.#streams) stream.break()
  }

  #open(): void {
    if (this.#state !== 'open' || this.#opening || this.#next) return
    this.#opening = true
    this.#deps
      .openChannel()
      .then((channel) => this.#begin(channel))
      .catch((error: unknown) => {
        this.#deps.log.error({ error, address: this.#deps.address }, 'no channel to authorize could be opened')
        this.#retry()
      })
      .finally(() => (this.#opening = false))
  }

  #begin(channel: GrpcChannel): void {
    if (this.#state !== 'open') return channel[Symbol.dispose]()
    const stream = new CheckStream(channel, {
      ready: () => this.#promote(stream),
      outcome: (id, outcome) => this.#listener.outcome(stream, id, outcome),
      changed: (change) => this.#listener.changed(change),
      draining: () => this.#replace(stream),
      closed: (error) => this.#close(stream, error),
    })
    this.#next = stream
    this.#streams.add(stream)
  }

  #promote(stream: CheckStream): void {
    this.#next = undefined
    this.#current?.retire()
    this.#current = stream
    this.#failures = 0
    const { maxAgeMs, address, log } = this.#deps
    clearTimeout(this.#ageTimer)
    this.#ageTimer = setTimeout(() => this.#open(), maxAgeMs * (0.8 + 0.4 * Math.random())).unref()
    log.debug({ address }, 'a check stream is open')
    this.#listener.ready()
  }

  #replace(stream: CheckStream): void {
    if (this.#current === stream) this.#current = undefined
    stream.retire()
    this.#open()
    this.#listener.leaving()
  }

  #close(stream: CheckStream, error: PosternError | undefined): void {
    this.#streams.delete(stream)
    const wasInUse = this.#current === stream || this.#next === stream
    if (this.#current === stream) this.#current = undefined
    if (this.#next === stream) this.#next = undefined
    this.#listener.closed(stream)
    if (this.#state !== 'open' || !wasInUse) return
    const { log, address } = this.#deps
    // The first failure is news; the ones after it, until it works again, are not.
    if (this.#failures === 0) log.warn({ error, address }, 'a check stream broke, trying again')
    else log.debug({ error, address }, 'a check stream could not be opened')
    this.#retry()
    this.#listener.leaving()
  }

  #retry(): void {
    clearTimeout(this.#retryTimer)
    const backOffMs = Math.min(firstRetryMs * 2 ** this.#failures++, lastRetryMs)
    this.#retryTimer = setTimeout(() => this.#open(), backOffMs * (0.5 + Math.random())).unref()
  }
}
