import { Redis } from 'ioredis'
import type { RedisConfig } from '../../config/model.ts'
import type { RedisEndpoint } from '../../config/redis-url.ts'
import type { Availability } from './availability.ts'
import { primaryConnector } from './primary-connector.ts'
import { PrimaryLocator } from './primary-locator.ts'
import type { RedisAddress } from './redis-address.ts'
import { failureReason, isReplyError, isReplyWithCode, RedisUnavailable } from './redis-failure.ts'
import { commonOptions } from './redis-options.ts'
import { SessionKeys } from './session-keys.ts'

const firstRetryMs = 50
/** Redis is found again within this time, jitter included, plus one connection attempt. */
const maxRetryMs = 800
/** A connection on which so many commands in a row got no answer is given up: until the next one stands, commands fail at once. */
const timeoutsUntilReconnect = 3
/** How long a command that a failover struck waits for the new primary. */
const repeatWithinMs = 500
/** How often sentinels, or the nodes of a cluster, are asked whether the primary is still the same. */
const recheckMs = 2000

export type RedisAnswer<T> =
  { readonly kind: 'answered'; readonly value: T } | { readonly kind: 'unavailable'; readonly cause: RedisUnavailable }

export interface RedisConnectionDeps {
  readonly availability: Availability
  /** From 0 up to 1: keeps replicas from reconnecting in step. */
  readonly jitter?: () => number
}

/** `repeatable`: sent twice, it does and answers what it does and answers sent once. */
export interface CommandTraits {
  readonly repeatable: boolean
}

/** How long to wait before connecting for the nth time in a row, in milliseconds: twice as long each time, half of it by chance. */
export function retryDelayMs(attempt: number, jitter: number): number {
  return Math.min(maxRetryMs, firstRetryMs * 2 ** (attempt - 1)) * (0.5 + jitter / 2)
}

/**
 * One connection to the primary that opens itself again for as long as it is not disposed of. A command is answered or
 * failed within its deadline: nothing waits for a connection that is down. Only a command that a failover struck while it
 * was under way is sent a second time, if the former primary refused it or it is repeatable, and its time is not over.
 */
export class RedisConnection implements AsyncDisposable {
  readonly redis: Redis
  readonly #availability: Availability
  readonly #locator: PrimaryLocator
  readonly #commandTimeoutMs: number
  readonly #rechecking: NodeJS.Timeout | undefined
  readonly #circuit: Disposable
  #endpoint: RedisEndpoint | undefined
  /** Given up, and not closed yet: what is sent now gets no answer. */
  #isClosing = false
  #timeoutsInARow = 0

  constructor(config: RedisConfig, address: RedisAddress, deps: RedisConnectionDeps) {
    const { availability, jitter = Math.random } = deps
    this.#availability = availability
    this.#commandTimeoutMs = config.commandTimeoutMs
    this.#locator = new PrimaryLocator(address, config, new SessionKeys(config.keyPrefix).recordPrefix)
    const options = commonOptions(address.user, config)
    const Connector = primaryConnector({
      locator: this.#locator,
      address,
      disconnectTimeoutMs: options.disconnectTimeout,
      found: (endpoint) => (this.#endpoint = endpoint),
    })
    this.redis = new Redis({
      ...options,
      Connector,
      ...(address.tlsFor ? { tls: {} } : {}), // the connector knows more; ioredis has to wait for the handshake
      db: address.db,
      enableOfflineQueue: false,
      maxLoadingRetryTime: maxRetryMs,
      retryStrategy: (attempt) => retryDelayMs(attempt, jitter()),
    })
    this.redis.on('ready', () => availability.succeeded())
    this.redis.on('close', () => (this.#isClosing = false))
    this.redis.on('error', (error) => availability.failed(failureReason(error, false)))
    this.#circuit = availability.metrics.circuit(() => !this.isReady)
    const everyMs = recheckMs * (0.75 + jitter() / 2)
    this.#rechecking = this.#locator.mayMove ? setInterval(() => void this.#recheck(), everyMs) : undefined
  }

  /** The server that this connection leads to, or last did; the same server has the same text. */
  get server(): string {
    return this.#endpoint ? serverText(this.#endpoint) : ''
  }

  get isReady(): boolean {
    return this.redis.status === 'ready' && !this.#isClosing
  }

  /** Resolves when the connection stands, or did not within `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    if (!this.isReady) await this.#await(withinMs, ['ready', 'close'])
  }

  /** Runs one command or script. Never throws for what Redis or the network did. */
  async run<T>(command: (redis: Redis) => Promise<T>, traits?: CommandTraits): Promise<RedisAnswer<T>> {
    const wasReady = this.isReady
    const start = performance.now()
    const first = await this.#attempt(command)
    if (first.kind !== 'failed') return first
    const unavailable = { kind: 'unavailable', cause: first.cause } as const
    const isWorthRepeating = first.what === 'refused' || (first.what === 'lost' && wasReady && traits?.repeatable)
    if (!isWorthRepeating || performance.now() - start > this.#commandTimeoutMs / 2) return unavailable
    if (!this.isReady) await this.#await(repeatWithinMs, ['ready'])
    if (!this.isReady) return unavailable
    const second = await this.#attempt(command)
    return second.kind === 'failed' ? { kind: 'unavailable', cause: second.cause } : second
  }

  /** Drops this connection and opens another. */
  reconnect(): void {
    this.#timeoutsInARow = 0
    this.#isClosing = this.redis.status === 'ready'
    this.redis.disconnect(true)
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#rechecking)
    this.#circuit[Symbol.dispose]()
    this.redis.disconnect()
    return Promise.resolve()
  }

  async #attempt<T>(command: (redis: Redis) => Promise<T>): Promise<AttemptOutcome<T>> {
    const start = performance.now()
    try {
      const value = await command(this.redis)
      this.#timeoutsInARow = 0
      this.#availability.succeeded()
      return { kind: 'answered', value }
    } catch (error) {
      return this.#fail(error)
    } finally {
      this.#availability.metrics.took(performance.now() - start)
    }
  }

  #fail(error: unknown): Extract<AttemptOutcome<never>, { kind: 'failed' }> {
    const reason = failureReason(error, this.isReady)
    this.#availability.failed(reason)
    this.#timeoutsInARow = reason === 'timeout' ? this.#timeoutsInARow + 1 : 0
    // A demoted primary says so for ever; a new connection finds the new one.
    const refused = isReplyWithCode(error, 'readonly') || isReplyWithCode(error, 'moved')
    if (this.#timeoutsInARow >= timeoutsUntilReconnect || refused) this.reconnect()
    const lost = !isReplyError(error) && reason !== 'timeout'
    return { kind: 'failed', cause: new RedisUnavailable(reason), what: refused ? 'refused' : lost ? 'lost' : 'other' }
  }

  async #await(withinMs: number, events: readonly ('ready' | 'close')[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const settle = (): void => resolve(undefined)
    const timer = setTimeout(settle, withinMs)
    for (const event of events) this.redis.once(event, settle)
    await promise
    clearTimeout(timer)
    for (const event of events) this.redis.off(event, settle)
  }

  /** A former primary that is cut off from the others may answer for long, and forget all we tell it. */
  async #recheck(): Promise<void> {
    if (!this.isReady) return
    const now = await this.#locator.locate().catch(() => undefined)
    const isElsewhere = now !== undefined && serverText(now) !== this.server
    if (isElsewhere) this.reconnect()
  }
}

function serverText({ host, port }: RedisEndpoint): string {
  return `${host} ${String(port)}`
}

/** `refused`: certainly not done, and done elsewhere; `lost`: whether it was done is not known. */
type AttemptOutcome<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'failed'; readonly cause: RedisUnavailable; readonly what: 'refused' | 'lost' | 'other' }
