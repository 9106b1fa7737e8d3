import type { SessionChangeListener } from '../session-store.ts'
import type { RedisConnection } from './redis-connection.ts'
import type { SessionKeys } from './session-keys.ts'

const channel = '__redis__:invalidate'
/** A dead connection is noticed within this time plus `answerWithinMs`. */
const heartbeatMs = 500
/** The longest that commands on this connection may take, whatever the deadline of others. */
export const answerWithinMs = 1000

/**
 * Hears from Redis which records changed: client-side caching in broadcasting mode (`CLIENT TRACKING … BCAST`) with the
 * messages redirected to this very connection, so tracking and delivery can only fail together. Whenever the connection
 * was gone, everything may have changed, and listeners are told so before the channel counts as up again.
 *
 * It is up only while it leads to the server from which records are read: what another one tells may be older or newer
 * than what is read, so copies would be kept that are not current.
 */
export class InvalidationChannel implements AsyncDisposable {
  readonly #connection: RedisConnection
  readonly #keys: SessionKeys
  readonly #listeners = new Set<{ readonly listener: SessionChangeListener }>()
  readonly #heartbeat: NodeJS.Timeout
  readonly #reads: RedisConnection
  #isUp = false

  /** `reads`: the connection whose answers may be kept. */
  constructor(connection: RedisConnection, reads: RedisConnection, keys: SessionKeys) {
    this.#connection = connection
    this.#reads = reads
    this.#keys = keys
    const { redis } = connection
    redis.on('ready', () => void this.#start())
    redis.on('close', () => void this.#down())
    redis.on('messageBuffer', (_channel: unknown, message: unknown) => this.#receive(message))
    reads.redis.on('ready', () => void this.#insistOnOneServer(connection))
    this.#heartbeat = setInterval(() => void this.#beat(), heartbeatMs)
  }

  add(listener: SessionChangeListener): Disposable {
    const entry = { listener }
    this.#listeners.add(entry)
    queueMicrotask(() => {
      if (this.#isUp && this.#listeners.has(entry)) listener.channelUp()
    })
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat)
    this.#listeners.clear()
    await this.#connection[Symbol.asyncDispose]()
  }

  async #start(): Promise<void> {
    const prefix = this.#keys.recordPrefix
    const started = await this.#connection.run(async (redis) => {
      const id = await redis.client('ID')
      await redis.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST', 'PREFIX', prefix)
      await redis.subscribe(channel)
    })
    if (started.kind === 'unavailable') return this.#connection.reconnect()
    if (!this.#insistOnOneServer(this.#reads, this.#connection)) return
    this.#isUp = true
    for (const { listener } of this.#listeners) {
      listener.allChanged()
      listener.channelUp()
    }
  }

  /** Redis sends the list of keys, or nothing at all when all of them went (FLUSHALL, FLUSHDB). */
  #receive(message: unknown): void {
    if (Array.isArray(message)) {
      const handles = message.map((key) => this.#keys.handleIn(String(key)))
      for (const { listener } of this.#listeners) listener.changed(handles)
    } else {
      for (const { listener } of this.#listeners) listener.allChanged()
    }
  }

  async #beat(): Promise<void> {
    if (!this.#isUp) return
    const beat = await this.#connection.run((redis) => redis.ping())
    if (beat.kind === 'unavailable' && this.#down()) this.#connection.reconnect()
  }

  /**
   * Where the two lead to different servers, one of them has not heard of a failover yet. It is the older one, as far as
   * can be told: `suspects` are opened anew.
   */
  #insistOnOneServer(...suspects: readonly RedisConnection[]): boolean {
    const [reads, own] = [this.#reads, this.#connection]
    if (!reads.isReady || !own.isReady || reads.server === own.server) return true
    this.#down()
    for (const suspect of suspects) suspect.reconnect()
    return false
  }

  /** Whether it was up. */
  #down(): boolean {
    const wasUp = this.#isUp
    this.#isUp = false
    if (wasUp) for (const { listener } of this.#listeners) listener.channelDown()
    return wasUp
  }
}
