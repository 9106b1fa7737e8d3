import type { RedisConfig } from '../../config/model.ts'
import type { Logger } from '../../log/logger.ts'
import type { SessionChangeListener, SessionLookup, SessionReader, SessionStore } from '../session-store.ts'
import type { SessionHandle } from '../session.ts'
import { Availability } from './availability.ts'
import type { RedisCounting } from './connection-metrics.ts'
import { answerWithinMs, InvalidationChannel } from './invalidation-channel.ts'
import { type RedisAddress, readRedisAddress } from './redis-address.ts'
import { RedisConnection } from './redis-connection.ts'
import { isReplyWithCode } from './redis-failure.ts'
import { SessionKeys } from './session-keys.ts'
import { decodeRecord } from './session-record.ts'

export interface RedisReaderDeps {
  readonly log: Logger
  /** From 0 up to 1. */
  readonly jitter?: () => number
  readonly counting?: RedisCounting
}

/**
 * Reads sessions from Redis: all that authorize needs, and all that its Redis user needs to be allowed
 * (`postern:` being the key prefix):
 *
 *     user authorize on >… resetchannels &__redis__:invalidate ~postern:session:*
 *       -@all +get +ping +info +select +client|id +client|tracking +subscribe
 */
export class RedisSessionReader implements SessionReader, AsyncDisposable {
  readonly #config: RedisConfig
  readonly #address: RedisAddress
  readonly #deps: RedisReaderDeps
  readonly #keys: SessionKeys
  readonly #connection: RedisConnection
  #channel: InvalidationChannel | undefined

  private constructor(config: RedisConfig, address: RedisAddress, deps: RedisReaderDeps) {
    this.#config = config
    this.#address = address
    this.#deps = deps
    this.#keys = new SessionKeys(config.keyPrefix)
    this.#connection = this.#open('reads', config.commandTimeoutMs)
  }

  /**
   * Resolves as soon as Redis answers, or did not at the first attempt: a service starts without it and says so.
   *
   * @throws PosternError CONFIG_INVALID when the URL or the CA file cannot be used.
   */
  static async connect(config: RedisConfig, deps: RedisReaderDeps): Promise<RedisSessionReader> {
    const reader = new RedisSessionReader(config, await readRedisAddress(config), deps)
    await reader.#connection.settled(config.connectTimeoutMs)
    return reader
  }

  async find(handle: SessionHandle): Promise<SessionLookup> {
    const key = this.#keys.record(handle)
    const answer = await this.#connection.run((redis) => redis.get(key).catch(foreignAsEmpty), { repeatable: true })
    if (answer.kind === 'unavailable') return answer
    if (answer.value === null) return { kind: 'absent' }
    const decoded = decodeRecord(handle, answer.value)
    if (decoded.kind === 'session') return { kind: 'found', session: decoded.session }
    this.#deps.log.warn({ handle, why: decoded.why }, 'a session record cannot be read and counts as absent')
    return { kind: 'absent' }
  }

  watch(listener: SessionChangeListener): Disposable {
    const deadlineMs = Math.min(this.#config.commandTimeoutMs, answerWithinMs)
    this.#channel ??= new InvalidationChannel(this.#open('invalidation', deadlineMs), this.#connection, this.#keys)
    return this.#channel.add(listener)
  }

  async ping(): ReturnType<SessionStore['ping']> {
    const answer = await this.#connection.run((redis) => redis.ping())
    return answer.kind === 'answered' ? { kind: 'up' } : answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#channel?.[Symbol.asyncDispose]()
    await this.#connection[Symbol.asyncDispose]()
  }

  #open(what: string, commandTimeoutMs: number): RedisConnection {
    const { jitter } = this.#deps
    const availability = new Availability(what, this.#deps)
    return new RedisConnection({ ...this.#config, commandTimeoutMs }, this.#address, {
      availability,
      ...(jitter ? { jitter } : {}),
    })
  }
}

/** A value of another type under a record's key: Redis answered, and what is there is not a session. */
function foreignAsEmpty(error: unknown): string {
  if (isReplyWithCode(error, 'wrongtype')) return ''
  throw error
}
