import { Redis, type RedisOptions } from 'ioredis'
import type { RedisConfig } from '../../config/model.ts'
import type { RedisAddress } from './redis-address.ts'
import type { Availability } from './availability.ts'
import { failureReason, isReplyWithCode, RedisUnavailable } from './redis-failure.ts'

const firstRetryMs = 50
/** Redis is found again within this time, jitter included, plus one connection attempt. */
const maxRetryMs = 800
/** A connection on which so many commands in a row got no answer is given up: until the next one stands, commands fail at once. */
const timeoutsUntilReconnect = 3
/** How long a connection may take to close in order; on a dead one nobody answers. */
const disconnectMs = 50

export type RedisAnswer<T> =
  { readonly kind: 'answered'; readonly value: T } | { readonly kind: 'unavailable'; readonly cause: RedisUnavailable }

export interface RedisConnectionDeps {
  readonly availability: Availability
  /** From 0 up to 1: keeps replicas from reconnecting in step. */
  readonly jitter?: () => number
}

/**
 * One connection that opens itself again for as long as it is not disposed of. A command is sent at most once, and is
 * answered or failed within the command deadline: nothing waits for a connection.
 *
 * The only place that opens connections to Redis.
 */
export class RedisConnection implements AsyncDisposable {
  readonly redis: Redis
  readonly #availability: Availability
  #timeoutsInARow = 0

  constructor(config: RedisConfig, address: RedisAddress, deps: RedisConnectionDeps) {
    this.#availability = deps.availability
    this.redis = new Redis(redisOptions(config, address, deps.jitter ?? Math.random))
    this.redis.on('ready', () => deps.availability.succeeded())
    this.redis.on('error', (error) => deps.availability.failed(failureReason(error, false)))
  }

  /** Resolves when the connection stands, or did not within `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    if (this.redis.status === 'ready') return
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const settle = (): void => resolve(undefined)
    const timer = setTimeout(settle, withinMs)
    this.redis.once('ready', settle).once('close', settle)
    await promise
    clearTimeout(timer)
    this.redis.off('ready', settle).off('close', settle)
  }

  /** Runs one command or script. Never throws for what Redis or the network did. */
  async run<T>(command: (redis: Redis) => Promise<T>): Promise<RedisAnswer<T>> {
    try {
      const value = await command(this.redis)
      this.#timeoutsInARow = 0
      this.#availability.succeeded()
      return { kind: 'answered', value }
    } catch (error) {
      return { kind: 'unavailable', cause: this.#fail(error) }
    }
  }

  /** Drops this connection and opens another. */
  reconnect(): void {
    this.#timeoutsInARow = 0
    this.redis.disconnect(true)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.redis.disconnect()
    return Promise.resolve()
  }

  #fail(error: unknown): RedisUnavailable {
    const reason = failureReason(error, this.redis.status === 'ready')
    this.#availability.failed(reason)
    this.#timeoutsInARow = reason === 'timeout' ? this.#timeoutsInARow + 1 : 0
    // A demoted primary answers READONLY for ever; a new connection finds the new one.
    if (this.#timeoutsInARow >= timeoutsUntilReconnect || isReplyWithCode(error, 'readonly')) this.reconnect()
    return new RedisUnavailable(reason)
  }
}

function redisOptions(config: RedisConfig, address: RedisAddress, jitter: () => number) {
  const { host, port, username, password, db, tls } = address
  return {
    host,
    port,
    db,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls ? { tls } : {}),
    // RESP2 throughout: with RESP3, ioredis does not deliver invalidation messages.
    protocol: 2,
    connectTimeout: config.connectTimeoutMs,
    commandTimeout: config.commandTimeoutMs,
    disconnectTimeout: disconnectMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxLoadingRetryTime: maxRetryMs,
    disableClientInfo: true,
    retryStrategy: (attempt) => Math.min(maxRetryMs, firstRetryMs * 2 ** (attempt - 1)) * (0.5 + jitter() / 2),
  } satisfies RedisOptions
}
