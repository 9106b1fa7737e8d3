import type { Redis } from 'ioredis'
import type { Session, SessionHandle } from '../session.ts'
import type { SessionKeys } from './session-keys.ts'
import { recordPartsOf } from './session-record.ts'

/**
 * The writes, each one atomic script. All keys are made from the prefix, because a record alone knows its indexes. Times
 * are the caller's, in milliseconds; lifetimes are given to Redis as durations, so its clock does not matter.
 *
 * An index is a sorted set of handles by the end of their sessions. It lives at least as long as its longest-lived
 * member, and every addition drops members that are over.
 */
const common = `
local prefix, now = ARGV[1], tonumber(ARGV[2])

local function recordKey(handle) return prefix .. 'session:' .. handle end

local function read(key)
  local value = redis.pcall('GET', key)
  if type(value) ~= 'string' then return nil end
  local version, used, idle, expires, indexes, rest =
    string.match(value, '^1|(%d+)|(%d+)|(%d+)|(%d+)|([%w_:,-]+)|()')
  if not version then return nil end
  return { version = tonumber(version), used = tonumber(used), idle = tonumber(idle), expires = tonumber(expires),
           indexes = indexes, json = string.sub(value, rest) }
end

local function lifetime(record)
  local over = record.expires
  if record.idle > 0 and record.used + record.idle < over then over = record.used + record.idle end
  return over - now
end

local function unindex(handle, record)
  for name in string.gmatch(record.indexes, '[^,]+') do redis.call('ZREM', prefix .. name, handle) end
end

local function index(handle, record, ttl)
  for name in string.gmatch(record.indexes, '[^,]+') do
    local key = prefix .. name
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    redis.call('ZADD', key, now + ttl, handle)
    if redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, ttl) end
  end
end

local function finish(handle)
  local key = recordKey(handle)
  local record = read(key)
  if record then unindex(handle, record) end
  return redis.call('DEL', key)
end

local function write(handle, record)
  local ttl = lifetime(record)
  if ttl <= 0 then return finish(handle) end
  local value = string.format('1|%.0f|%.0f|%.0f|%.0f|%s|', record.version, record.used, record.idle, record.expires,
    record.indexes) .. record.json
  redis.call('SET', recordKey(handle), value, 'PX', ttl)
  index(handle, record, ttl)
end

local function isStored(stored, record)
  if stored and stored.version == record.version and stored.json == record.json then return 1 end
  return 0
end

local function given()
  return { version = tonumber(ARGV[4]), used = tonumber(ARGV[5]), idle = tonumber(ARGV[6]),
           expires = tonumber(ARGV[7]), indexes = ARGV[8], json = ARGV[9] }
end
`

/** A write whose answer was lost may come again: what is there already, exactly as given, counts as written. */
const create = `${common}
if redis.call('EXISTS', KEYS[1]) == 1 then return isStored(read(KEYS[1]), given()) end
write(ARGV[3], given())
return 1
`

const replace = `${common}
local stored, record = read(KEYS[1]), given()
if not stored or lifetime(stored) <= 0 then return 0 end
if stored.version ~= record.version - 1 then return isStored(stored, record) end
if stored.used > record.used then record.used = stored.used end
unindex(ARGV[3], stored)
write(ARGV[3], record)
return 1
`

const touch = `${common}
local stored, used = read(KEYS[1]), tonumber(ARGV[4])
if not stored or lifetime(stored) <= 0 then return 0 end
if used <= stored.used then return 1 end
stored.used = used
write(ARGV[3], stored)
return 1
`

const end = `${common}
finish(ARGV[3])
return 1
`

/** At most so many at a time: Redis does nothing else meanwhile. How many were looked at, and how many lived. */
const endIndexed = `${common}
local looked, lived = 0, 0
for _, handle in ipairs(redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[3]) - 1)) do
  looked = looked + 1
  lived = lived + finish(handle)
  redis.call('ZREM', KEYS[1], handle)
end
return { looked, lived }
`

const renewLock = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`

const releaseLock = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`

interface ScriptCommands {
  posternCreate(key: string, ...args: (string | number)[]): Promise<number>
  posternReplace(key: string, ...args: (string | number)[]): Promise<number>
  posternTouch(key: string, ...args: (string | number)[]): Promise<number>
  posternEnd(key: string, ...args: (string | number)[]): Promise<number>
  posternEndIndexed(key: string, ...args: (string | number)[]): Promise<[number, number]>
  posternRenewLock(key: string, ...args: (string | number)[]): Promise<number>
  posternReleaseLock(key: string, ...args: (string | number)[]): Promise<number>
}

const scripts: Readonly<Record<keyof ScriptCommands, string>> = {
  posternCreate: create,
  posternReplace: replace,
  posternTouch: touch,
  posternEnd: end,
  posternEndIndexed: endIndexed,
  posternRenewLock: renewLock,
  posternReleaseLock: releaseLock,
}

/** The scripts of one connection, typed. Each rejects as a command of ioredis does. */
export class SessionScripts {
  readonly #commands: ScriptCommands
  readonly #keys: SessionKeys

  constructor(redis: Redis, keys: SessionKeys) {
    for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(name, { lua, numberOfKeys: 1 })
    this.#commands = redis as unknown as ScriptCommands // `defineCommand` added them
    this.#keys = keys
  }

  /** False when there is a record already. */
  async create(session: Session, nowMs: number): Promise<boolean> {
    const args = [...this.#common(nowMs), session.handle, ...partsOf(session)]
    return (await this.#commands.posternCreate(this.#keys.record(session.handle), ...args)) === 1
  }

  /** False when the stored version is not the one before. */
  async replace(session: Session, nowMs: number): Promise<boolean> {
    const args = [...this.#common(nowMs), session.handle, ...partsOf(session)]
    return (await this.#commands.posternReplace(this.#keys.record(session.handle), ...args)) === 1
  }

  /** False when there is no record (any more). */
  async touch(handle: SessionHandle, lastUsedAtMs: number, nowMs: number): Promise<boolean> {
    const args = [...this.#common(nowMs), handle, Math.round(lastUsedAtMs)]
    return (await this.#commands.posternTouch(this.#keys.record(handle), ...args)) === 1
  }

  async end(handle: SessionHandle, nowMs: number): Promise<void> {
    await this.#commands.posternEnd(this.#keys.record(handle), ...this.#common(nowMs), handle)
  }

  /** Ends sessions of an index, `limit` at most: whether those were all, and how many lived. */
  async endIndexed(indexKey: string, limit: number, nowMs: number): Promise<{ isEmpty: boolean; ended: number }> {
    const [looked, ended] = await this.#commands.posternEndIndexed(indexKey, ...this.#common(nowMs), limit)
    return { isEmpty: looked < limit, ended }
  }

  async renewLock(key: string, token: string, lifetimeMs: number): Promise<boolean> {
    return (await this.#commands.posternRenewLock(key, token, lifetimeMs)) === 1
  }

  async releaseLock(key: string, token: string): Promise<void> {
    await this.#commands.posternReleaseLock(key, token)
  }

  #common(nowMs: number): (string | number)[] {
    return [this.#keys.prefix, nowMs]
  }
}

function partsOf(session: Session): (string | number)[] {
  const { version, lastUsedAtMs, idleTimeoutMs, expiresAtMs, indexes, json } = recordPartsOf(session)
  return [version, lastUsedAtMs, idleTimeoutMs, expiresAtMs, indexes.join(), json]
}
