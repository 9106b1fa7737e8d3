import type { GrpcSecurity, GrpcTarget } from '@postern/shared/config/model.ts'
import { openChannel } from '@postern/shared/grpc/channel.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { AddressBook, type Lookup } from './address-book.ts'
import type { CheckStream } from './check-stream.ts'
import { StreamSlot, type StreamSlotListener } from './stream-slot.ts'

export interface StreamPoolDeps {
  readonly targets: readonly GrpcTarget[]
  readonly security: GrpcSecurity
  readonly lookup: Lookup
  readonly streamMaxAgeMs: number
  readonly log: Logger
}

/** A stream to every address of authorize. */
export class StreamPool implements Disposable {
  readonly #deps: StreamPoolDeps
  readonly #listener: Omit<StreamSlotListener, 'leaving'>
  readonly #slots = new Map<GrpcTarget, StreamSlot>()
  /** Slots whose address is gone, while their last answers come in. */
  readonly #left = new Set<StreamSlot>()
  readonly #book: AddressBook
  #turn = 0

  constructor(deps: StreamPoolDeps, listener: Omit<StreamSlotListener, 'leaving'>) {
    this.#deps = deps
    this.#listener = listener
    const { targets, lookup, log } = deps
    this.#book = new AddressBook(targets, { lookup, log, changed: () => this.#follow() })
    this.#follow()
  }

  /** The ready stream with the fewest checks in flight, other than `except`. Equals take turns. */
  pick(except?: CheckStream): CheckStream | undefined {
    const ready: CheckStream[] = []
    for (const { ready: stream } of this.#slots.values()) if (stream && stream !== except) ready.push(stream)
    let best: CheckStream | undefined
    const start = this.#turn++
    for (let step = 0; step < ready.length; step++) {
      const stream = ready[(start + step) % ready.length]
      if (stream && (!best || stream.inFlight < best.inFlight)) best = stream
    }
    return best
  }

  get hasReady(): boolean {
    return this.#slots.values().some(({ ready }) => ready !== undefined)
  }

  /** How many streams can be sent on. */
  get readyCount(): number {
    return this.#slots.values().reduce((count, { ready }) => count + (ready === undefined ? 0 : 1), 0)
  }

  /** Whether the last attempt failed at every address, as far as any is known. */
  get isRefused(): boolean {
    return this.#slots.values().every(({ isFailing }) => isFailing)
  }

  [Symbol.dispose](): void {
    this.#book[Symbol.dispose]()
    for (const slot of [...this.#slots.values(), ...this.#left]) slot[Symbol.dispose]()
    this.#slots.clear()
  }

  /** One slot per known address. An address that is gone keeps its slot until another is ready. */
  #follow(): void {
    const addresses = new Map(this.#book.addresses.map((address) => [address.target, address]))
    for (const [target, { serverName }] of addresses) {
      if (!this.#slots.has(target)) this.#slots.set(target, this.#openSlot(target, serverName))
    }
    const staying = [...this.#slots].filter(([target]) => addresses.has(target))
    if (!staying.some(([, { ready }]) => ready)) return
    for (const [target, slot] of this.#slots) {
      if (addresses.has(target)) continue
      slot.leave()
      this.#slots.delete(target)
      this.#left.add(slot)
    }
  }

  #openSlot(target: GrpcTarget, serverName: string | undefined): StreamSlot {
    const { security, streamMaxAgeMs, log } = this.#deps
    const channelConfig = {
      security,
      self: 'proxy',
      service: 'authorize',
      log,
      ...(serverName !== undefined && { serverName }),
    } as const
    return new StreamSlot(
      { address: target, openChannel: () => openChannel(target, channelConfig), maxAgeMs: streamMaxAgeMs, log },
      {
        ...this.#listener,
        ready: () => {
          this.#follow()
          this.#listener.ready()
        },
        leaving: () => this.#book.refresh(),
        closed: (stream) => {
          for (const slot of this.#left) if (slot.isEmpty) this.#left.delete(slot)
          this.#listener.closed(stream)
        },
      },
    )
  }
}
