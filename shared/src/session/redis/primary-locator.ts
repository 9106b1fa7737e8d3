import { Redis } from 'ioredis'
import type { RedisEndpoint } from '../../config/redis-url.ts'
import { electPrimary } from './elect-primary.ts'
import type { RedisAddress, RedisUser } from './redis-address.ts'
import { failureReason, movedTo, RedisUnavailable } from './redis-failure.ts'
import { commonOptions, type RedisTimeouts } from './redis-options.ts'

/**
 * Finds the server that takes our writes: the one that is named, the one that most sentinels name, or the node of a
 * cluster to which all our keys belong (they share a hash tag, so it is one). Everything is read there too: a replica
 * may lag, and a session that just began or ended would look as if it had not.
 */
export class PrimaryLocator {
  readonly #address: RedisAddress
  readonly #timeouts: RedisTimeouts
  readonly #keyInOurSlot: string

  /** `keyInOurSlot`: any name that the user may GET, with the hash tag of all keys. */
  constructor(address: RedisAddress, timeouts: RedisTimeouts, keyInOurSlot: string) {
    this.#address = address
    this.#timeouts = timeouts
    this.#keyInOurSlot = keyInOurSlot
  }

  /** Whether the primary may become another one without the connection to the former breaking. */
  get mayMove(): boolean {
    return this.#address.topology.kind !== 'standalone'
  }

  /** @throws RedisUnavailable when nobody that was asked knows; `no-primary`: they answered, and there is none. */
  async locate(): Promise<RedisEndpoint> {
    const { topology } = this.#address
    switch (topology.kind) {
      case 'standalone':
        return topology.endpoint
      case 'sentinel':
        return electPrimary(topology.sentinels.map((one) => this.#askSentinel(one, topology.primaryName)))
      case 'cluster':
        return electPrimary(topology.nodes.map((one) => this.#askNode(one)))
    }
  }

  #askSentinel(sentinel: RedisEndpoint, primaryName: string): Promise<RedisEndpoint | undefined> {
    return this.#ask(sentinel, this.#address.sentinelUser, async (redis) => {
      const found = await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primaryName)
      if (!Array.isArray(found)) return undefined
      const [host, port] = found.map(String)
      return host === undefined ? undefined : { host, port: Number(port) }
    })
  }

  /** Needs no permission of its own: who is asked for a key of another node's names that node (`MOVED`). */
  #askNode(node: RedisEndpoint): Promise<RedisEndpoint | undefined> {
    return this.#ask(node, this.#address.user, async (redis) => {
      try {
        await redis.get(this.#keyInOurSlot)
        return node
      } catch (error) {
        const moved = movedTo(error)
        if (!moved) throw error
        return { host: moved.host === '' ? node.host : moved.host, port: moved.port }
      }
    })
  }

  async #ask<T>({ host, port }: RedisEndpoint, user: RedisUser, question: (redis: Redis) => Promise<T>): Promise<T> {
    const tls = this.#address.tlsFor?.(host)
    const options = { ...commonOptions(user, this.#timeouts), ...(tls ? { tls } : {}) }
    const redis = new Redis({ ...options, host, port, enableReadyCheck: false, retryStrategy: null })
    let reason: string | undefined
    redis.on('error', (error) => (reason ??= failureReason(error, false)))
    try {
      return await question(redis)
    } catch (error) {
      throw new RedisUnavailable(reason ?? failureReason(error, redis.status === 'ready'))
    } finally {
      redis.disconnect()
    }
  }
}
