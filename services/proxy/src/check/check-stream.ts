import type { ErrorCode } from '@postern/shared/errors/catalogue.ts'
import type { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { GrpcChannel } from '@postern/shared/grpc/channel.ts'
import { openDuplex, type ClientDuplex } from '@postern/shared/grpc/client-stream.ts'
import { authorizeService } from '@postern/shared/grpc/contracts.ts'
import {
  decodeOutcome,
  type CheckBatchInput,
  type CheckInput,
  type CheckOutcome,
  type CheckResults,
} from '@postern/shared/wire/check-stream.ts'
import type { SessionChange } from './access-checker.ts'

const codes = { unavailable: 'PDP_UNAVAILABLE', deadline: 'PDP_DEADLINE' } as const satisfies Record<string, ErrorCode>
/** How long a stream may take to connect and hear the first word. */
const openingTimeoutMs = 5_000
/** How long a retired stream may take to give its last answers. */
const retiringTimeoutMs = 30_000

export interface CheckStreamListener {
  /** The first message came: checks can be sent. */
  ready(): void
  outcome(id: number, outcome: CheckOutcome): void
  changed(change: SessionChange): void
  /** The server is going away: send nothing more here. */
  draining(): void
  /** Exactly once. Whatever was not answered will not be. `undefined`: it ended in order. */
  closed(error: PosternError | undefined): void
}

/** One stream of checks to one instance of authorize, on a connection of its own, which ends with it. */
export class CheckStream {
  readonly #channel: GrpcChannel
  readonly #duplex: ClientDuplex<CheckBatchInput>
  readonly #listener: CheckStreamListener
  #timer: NodeJS.Timeout
  #state: 'opening' | 'ready' | 'retired' | 'closed' = 'opening'
  #revision: string | undefined
  #inFlight = 0
  #heardAtMs = performance.now()

  /** Takes over the channel. */
  constructor(channel: GrpcChannel, listener: CheckStreamListener) {
    this.#channel = channel
    this.#listener = listener
    this.#timer = setTimeout(() => this.break(), openingTimeoutMs).unref()
    this.#duplex = openDuplex(channel, authorizeService.CheckStream, codes, {
      message: (message) => this.#hear(message),
      closed: (error) => this.#close(error),
    })
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Checks sent and not answered. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** When anything was last heard, on the clock of `performance.now()`. */
  get heardAtMs(): number {
    return this.#heardAtMs
  }

  /** Only while ready. */
  send(checks: CheckInput[]): void {
    this.#inFlight += checks.length
    this.#duplex.write({ checks })
  }

  /** Sends nothing more; ends when the last answer is in. */
  retire(): void {
    if (this.#state !== 'ready') return
    this.#state = 'retired'
    this.#timer = setTimeout(() => this.break(), retiringTimeoutMs).unref()
    if (this.#inFlight === 0) this.#duplex.end()
  }

  /** Breaks it off now. `closed` follows. */
  break(): void {
    this.#duplex.cancel()
  }

  #hear(message: CheckResults): void {
    this.#heardAtMs = performance.now()
    if (this.#state === 'opening') {
      clearTimeout(this.#timer)
      this.#state = 'ready'
      this.#revision = message.configRevision
      this.#listener.ready()
    }
    for (const result of message.results) {
      this.#inFlight--
      this.#listener.outcome(result.id, decodeOutcome(result))
    }
    this.#hearChanges(message)
    if (message.draining) this.#listener.draining()
    if (this.#state === 'retired' && this.#inFlight <= 0) this.#duplex.end()
  }

  #hearChanges({ changedSessions, allSessionsChanged, configRevision }: CheckResults): void {
    const policyChanged = configRevision !== '' && configRevision !== this.#revision
    if (policyChanged) this.#revision = configRevision
    if (allSessionsChanged || policyChanged) this.#listener.changed({ kind: 'all' })
    else if (changedSessions.length > 0) this.#listener.changed({ kind: 'sessions', handles: changedSessions })
  }

  #close(error: PosternError | undefined): void {
    clearTimeout(this.#timer)
    this.#state = 'closed'
    this.#channel[Symbol.dispose]()
    this.#listener.closed(error)
  }
}
