import type { RedisOptions } from 'ioredis'
import type { RedisUser } from './redis-address.ts'

export interface RedisTimeouts {
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
}

/** How long a connection may take to close in order; on a dead one nobody answers. */
const disconnectMs = 50

/** What all our connections to Redis have in common: commands fail rather than wait, and are sent at most once. */
export function commonOptions({ username, password }: RedisUser, timeouts: RedisTimeouts) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // RESP2 throughout: with RESP3, ioredis does not deliver invalidation messages.
    protocol: 2,
    connectTimeout: timeouts.connectTimeoutMs,
    commandTimeout: timeouts.commandTimeoutMs,
    disconnectTimeout: disconnectMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    disableClientInfo: true,
  } satisfies RedisOptions
}
