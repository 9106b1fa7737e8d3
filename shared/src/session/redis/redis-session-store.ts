import { type Clock, systemClock } from '../../clock.ts'
import type { RedisConfig } from '../../config/model.ts'
import { type RandomBytes, systemRandom } from '../../random.ts'
import type { SessionList } from '../session-directory.ts'
import type {
  EndedSessions,
  LockAttempt,
  OnceClaim,
  SessionChangeListener,
  SessionLookup,
  SessionStore,
  SessionWrite,
} from '../session-store.ts'
import type { Session, SessionHandle } from '../session.ts'
import { Availability } from './availability.ts'
import { readRedisAddress } from './redis-address.ts'
import { type CommandTraits, RedisConnection } from './redis-connection.ts'
import { type RedisReaderDeps, RedisSessionReader } from './redis-session-reader.ts'
import { allSessions, type IndexName, personIndex, SessionKeys, sidIndex, userIndex } from './session-keys.ts'
import { SessionScripts } from './session-scripts.ts'

export interface RedisStoreDeps extends RedisReaderDeps {
  readonly clock?: Clock
  readonly random?: RandomBytes
}

const lockTokenBytes = 16
/** What one script may end, and what is read at a time. */
const batchSize = 200
/** Far more than a person has; what an operator is shown has a bound. */
const maxSessionsOfOne = 10_000
const repeatable: CommandTraits = { repeatable: true }

/**
 * Sessions in Redis, read and written. Authenticate's Redis user needs (`postern:` being the key prefix; the second line
 * only where the same user also reads for authorize):
 *
 *     user authenticate on >… resetchannels ~postern:* -@all +get +set +del +exists +pttl +pexpire +zadd +zrem +zrange
 *       +zremrangebyscore +eval +evalsha +ping +info +select
 *       &__redis__:invalidate +client|id +client|tracking +subscribe
 */
export class RedisSessionStore implements SessionStore {
  readonly #reader: RedisSessionReader
  readonly #connection: RedisConnection
  readonly #scripts: SessionScripts
  readonly #keys: SessionKeys
  readonly #clock: Clock
  readonly #random: RandomBytes

  private constructor(config: RedisConfig, reader: RedisSessionReader, writes: RedisConnection, deps: RedisStoreDeps) {
    this.#reader = reader
    this.#connection = writes
    this.#keys = new SessionKeys(config.keyPrefix)
    this.#scripts = new SessionScripts(writes.redis, this.#keys)
    this.#clock = deps.clock ?? systemClock
    this.#random = deps.random ?? systemRandom
  }

  /**
   * Resolves as soon as Redis answers, or did not at the first attempt: a service starts without it and says so.
   *
   * @throws PosternError CONFIG_INVALID when the URL or the CA file cannot be used.
   */
  static async connect(config: RedisConfig, deps: RedisStoreDeps): Promise<RedisSessionStore> {
    const address = await readRedisAddress(config)
    const { jitter } = deps
    const availability = new Availability('writes', deps)
    const writes = new RedisConnection(config, address, { availability, ...(jitter ? { jitter } : {}) })
    const [reader] = await Promise.all([
      RedisSessionReader.connect(config, deps),
      writes.settled(config.connectTimeoutMs),
    ])
    return new RedisSessionStore(config, reader, writes, deps)
  }

  find(handle: SessionHandle): Promise<SessionLookup> {
    return this.#reader.find(handle)
  }

  watch(listener: SessionChangeListener): Disposable {
    return this.#reader.watch(listener)
  }

  ping(): ReturnType<SessionStore['ping']> {
    return this.#reader.ping()
  }

  create(session: Session): Promise<SessionWrite> {
    return this.#write(() => this.#scripts.create(session, this.#nowMs()))
  }

  replace(session: Session): Promise<SessionWrite> {
    return this.#write(() => this.#scripts.replace(session, this.#nowMs()))
  }

  touch(handle: SessionHandle, lastUsedAtMs: number): Promise<SessionWrite> {
    return this.#write(() => this.#scripts.touch(handle, lastUsedAtMs, this.#nowMs()))
  }

  end(handle: SessionHandle): Promise<SessionWrite> {
    return this.#write(() => this.#scripts.end(handle, this.#nowMs()).then(() => true))
  }

  endByUser(issuer: string, name: string): Promise<EndedSessions> {
    return this.#endIndexed(userIndex(issuer, name))
  }

  endByIdpSid(issuer: string, idpSid: string): Promise<EndedSessions> {
    return this.#endIndexed(sidIndex(issuer, idpSid))
  }

  list(limit: number): Promise<SessionList> {
    return this.#list(allSessions, limit)
  }

  listByPerson(person: string): Promise<SessionList> {
    return this.#list(personIndex(person), maxSessionsOfOne)
  }

  endAll(): Promise<EndedSessions> {
    return this.#endIndexed(allSessions)
  }

  async claimOnce(key: string, lifetimeMs: number): Promise<OnceClaim> {
    const claim = await this.#connection.run((redis) => redis.set(this.#keys.once(key), '1', 'PX', lifetimeMs, 'NX'))
    if (claim.kind === 'unavailable') return claim
    return { kind: claim.value === 'OK' ? 'first' : 'repeated' }
  }

  async acquireLock(key: string, lifetimeMs: number): Promise<LockAttempt> {
    const name = this.#keys.lock(key)
    const token = this.#random(lockTokenBytes).toString('base64url')
    const attempt = await this.#connection.run((redis) => redis.set(name, token, 'PX', lifetimeMs, 'NX'))
    if (attempt.kind === 'unavailable') return attempt
    if (attempt.value !== 'OK') return { kind: 'held' }
    const renew = async (): Promise<boolean> => {
      const renewed = await this.#connection.run(() => this.#scripts.renewLock(name, token, lifetimeMs))
      return renewed.kind === 'answered' && renewed.value
    }
    const release = async (): Promise<void> => {
      await this.#connection.run(() => this.#scripts.releaseLock(name, token)) // else it runs out by itself
    }
    return { kind: 'acquired', lock: { renew, release } }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]()
    await this.#connection[Symbol.asyncDispose]()
  }

  #nowMs(): number {
    return this.#clock.now().getTime()
  }

  async #write(script: () => Promise<boolean>): Promise<SessionWrite> {
    const answer = await this.#connection.run(script, repeatable)
    if (answer.kind === 'unavailable') return answer
    return { kind: answer.value ? 'done' : 'conflict' }
  }

  async #endIndexed(index: IndexName): Promise<EndedSessions> {
    const key = this.#keys.index(index)
    for (let count = 0; ;) {
      const endSome = () => this.#scripts.endIndexed(key, batchSize, this.#nowMs())
      const answer = await this.#connection.run(endSome, repeatable)
      if (answer.kind === 'unavailable') return answer
      count += answer.value.ended
      if (answer.value.isEmpty) return { kind: 'done', count }
    }
  }

  /** Those of the index that would end last, up to the limit and one more to know whether there are more. */
  async #list(index: IndexName, limit: number): Promise<SessionList> {
    const key = this.#keys.index(index)
    const handles = await this.#connection.run((redis) => redis.zrange(key, 0, String(limit), 'REV'), repeatable)
    if (handles.kind === 'unavailable') return handles
    const sessions: Session[] = []
    for (let at = 0; at < Math.min(limit, handles.value.length); at += batchSize) {
      const batch = handles.value.slice(at, Math.min(limit, at + batchSize)) as SessionHandle[]
      const lookups = await Promise.all(batch.map((handle) => this.find(handle)))
      const failed = lookups.find((lookup) => lookup.kind === 'unavailable')
      if (failed) return failed
      sessions.push(...lookups.flatMap((lookup) => (lookup.kind === 'found' ? [lookup.session] : [])))
    }
    return { kind: 'listed', sessions, hasMore: handles.value.length > limit }
  }
}
