import { Redis } from 'ioredis'
import { systemClock, type Clock } from '../../clock.ts'
import type { RedisConfig } from '../../config/model.ts'
import type { RedisEndpoint } from '../../config/redis-url.ts'
import { systemRandom, type RandomBytes } from '../../random.ts'
import { PrimaryLocator } from './primary-locator.ts'
import { readRedisAddress, type RedisAddress } from './redis-address.ts'
import { failureReason, isReplyWithCode, type RedisFailureReason } from './redis-failure.ts'
import { commonOptions } from './redis-options.ts'
import { SessionKeys } from './session-keys.ts'

/** What authorize does with Redis, and what authenticate does. */
export type RedisUse = 'reads' | 'writes'

/** What could be found out without changing anything. */
export type RedisInspection =
  | {
      readonly kind: 'unavailable'
      /** `sentinels`, `nodes`: none of those that are asked for the primary helped. */
      readonly at: 'sentinels' | 'nodes' | 'server'
      readonly reason: RedisFailureReason
    }
  | ({ readonly kind: 'answered' } & RedisFacts)

export interface RedisFacts {
  readonly endpoint: RedisEndpoint
  readonly version: string | undefined
  readonly role: string | undefined
  readonly maxMemoryPolicy: string | undefined
  /** The median of a few PINGs. */
  readonly latencyMs: number
  /** What Redis says the time is, and our clock around it. */
  readonly time: { readonly theirMs: number; readonly sentMs: number; readonly answeredMs: number } | undefined
  /** Commands that this user needs and may not use, in lower case; `name|subcommand`. */
  readonly refused: readonly string[]
  /** Why changes cannot be heard of; left out: they can, or nobody asked. */
  readonly trackingFailure?: RedisFailureReason
}

export interface RedisInspectionDeps {
  readonly clock?: Clock
  readonly random?: RandomBytes
}

const pings = 5

/**
 * Looks at Redis as the services would use it: same way to the primary, same user, same TLS. Rights are found out by using
 * every command on a key that does not exist and in a way that does not make it exist.
 *
 * @throws PosternError CONFIG_INVALID when the URL or the CA file cannot be used.
 */
export async function inspectRedis(
  config: RedisConfig,
  uses: ReadonlySet<RedisUse>,
  deps: RedisInspectionDeps = {},
): Promise<RedisInspection> {
  const address = await readRedisAddress(config)
  const keys = new SessionKeys(config.keyPrefix)
  let endpoint: RedisEndpoint
  try {
    endpoint = await new PrimaryLocator(address, config, keys.recordPrefix).locate()
  } catch (error) {
    const at = address.topology.kind === 'sentinel' ? 'sentinels' : 'nodes'
    return { kind: 'unavailable', at, reason: failureReason(error, false) }
  }
  const connection = await open(endpoint, address, config)
  if (connection.kind === 'failed') return { kind: 'unavailable', at: 'server', reason: connection.reason }
  const { redis } = connection
  try {
    const facts = await factsOf(redis, deps.clock ?? systemClock)
    const probes = rightsProbes(keys, uses, deps.random ?? systemRandom)
    const refused = await refusedOf(redis, probes)
    const tracking = uses.has('reads') ? await tryTracking({ endpoint, address, config, keys }) : { refused: [] }
    return {
      kind: 'answered',
      endpoint,
      ...facts,
      ...tracking,
      refused: [...new Set([...refused, ...tracking.refused])],
    }
  } catch (error) {
    return { kind: 'unavailable', at: 'server', reason: failureReason(error, true) }
  } finally {
    redis.disconnect()
  }
}

type Opened =
  { readonly kind: 'open'; readonly redis: Redis } | { readonly kind: 'failed'; readonly reason: RedisFailureReason }

/** A connection of its own that is not opened again. What the server says to our user and password counts as opening it. */
async function open({ host, port }: RedisEndpoint, address: RedisAddress, config: RedisConfig): Promise<Opened> {
  const tls = address.tlsFor?.(host)
  const redis = new Redis({
    ...commonOptions(address.user, config),
    ...(tls ? { tls } : {}),
    host,
    port,
    db: address.db,
    enableReadyCheck: false,
    retryStrategy: null,
    lazyConnect: true,
  })
  let reason: RedisFailureReason | undefined
  redis.on('error', (error) => (reason ??= failureReason(error, false)))
  try {
    await redis.connect()
    await redis.ping()
    if (reason === undefined) return { kind: 'open', redis }
  } catch (error) {
    reason ??= failureReason(error, redis.status === 'ready')
  }
  redis.disconnect()
  return { kind: 'failed', reason }
}

async function factsOf(
  redis: Redis,
  clock: Clock,
): Promise<Pick<RedisFacts, 'version' | 'role' | 'maxMemoryPolicy' | 'latencyMs' | 'time'>> {
  const times: number[] = []
  for (let round = 0; round < pings; round += 1) {
    const start = performance.now()
    await redis.ping()
    times.push(performance.now() - start)
  }
  const latencyMs = times.toSorted((one, other) => one - other)[Math.floor(pings / 2)] ?? 0
  const sentMs = clock.now().getTime()
  const info = await redis.info().catch((error: unknown) => {
    if (isReplyWithCode(error, 'noperm')) return ''
    throw error
  })
  const answeredMs = clock.now().getTime()
  const microseconds = fieldOf(info, 'server_time_usec')
  return {
    version: fieldOf(info, 'valkey_version') ?? fieldOf(info, 'redis_version'),
    role: fieldOf(info, 'role'),
    maxMemoryPolicy: fieldOf(info, 'maxmemory_policy'),
    latencyMs,
    time: microseconds === undefined ? undefined : { theirMs: Number(microseconds) / 1_000, sentMs, answeredMs },
  }
}

function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}

type Probe = readonly [command: string, ...parameters: readonly string[]]

/** Every command that the services use, on a key that nobody has. */
function rightsProbes(keys: SessionKeys, uses: ReadonlySet<RedisUse>, random: RandomBytes): readonly Probe[] {
  const key = `${keys.recordPrefix}${random(16).toString('hex')}`
  const readers: readonly Probe[] = [['get', key], ['info'], ['client|id']]
  const writers: readonly Probe[] = [
    ['get', key],
    ['info'],
    ['set', key, '', 'XX'],
    ['del', key],
    ['exists', key],
    ['pttl', key],
    ['pexpire', key, '1'],
    ['zadd', key, 'XX', '1', 'x'],
    ['zrem', key, 'x'],
    ['zrange', key, '0', '0'],
    ['zremrangebyscore', key, '0', '0'],
    ['eval', 'return 0', '1', key],
    ['evalsha', '0'.repeat(40), '1', key],
  ]
  return [...(uses.has('reads') ? readers : []), ...(uses.has('writes') ? writers : [])]
}

async function refusedOf(redis: Redis, probes: readonly Probe[]): Promise<string[]> {
  const refused: string[] = []
  for (const [command, ...parameters] of probes) {
    const [name = '', ...subcommand] = command.split('|')
    try {
      await redis.call(name, ...subcommand, ...parameters)
    } catch (error) {
      if (isReplyWithCode(error, 'noperm')) refused.push(command)
      else if (!isReplyWithCode(error, 'noscript') && !isReplyWithCode(error, 'readonly')) throw error
    }
  }
  return refused
}

interface Tracked {
  readonly endpoint: RedisEndpoint
  readonly address: RedisAddress
  readonly config: RedisConfig
  readonly keys: SessionKeys
}

/** As authorize does it: tracking in broadcasting mode, the messages redirected to the connection that asked for them. */
async function tryTracking({
  endpoint,
  address,
  config,
  keys,
}: Tracked): Promise<Pick<RedisFacts, 'refused' | 'trackingFailure'>> {
  const connection = await open(endpoint, address, config)
  if (connection.kind === 'failed') return { refused: [], trackingFailure: connection.reason }
  const { redis } = connection
  const refused: string[] = []
  const attempt = async (name: string, send: () => Promise<unknown>): Promise<RedisFailureReason | undefined> => {
    try {
      await send()
      return undefined
    } catch (error) {
      if (isReplyWithCode(error, 'noperm')) refused.push(name)
      return failureReason(error, true)
    }
  }
  try {
    let id = 0
    const unknownId = await attempt('client|id', async () => (id = await redis.client('ID')))
    const prefix = keys.recordPrefix
    const untracked = await attempt('client|tracking', () =>
      redis.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST', 'PREFIX', prefix),
    )
    const unheard = await attempt('subscribe', () => redis.subscribe('__redis__:invalidate'))
    const failure = unknownId ?? untracked ?? unheard
    return failure === undefined || refused.length > 0 ? { refused } : { refused, trackingFailure: failure }
  } finally {
    redis.disconnect()
  }
}
