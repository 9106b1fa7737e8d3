import { Redis, type RedisOptions } from 'ioredis'

/** A connection of the test's own, past everything that is tested. */
export function openRaw(port: number, options: Pick<RedisOptions, 'tls' | 'password'> = {}): Redis & Disposable {
  const redis = new Redis({ ...options, port, disableClientInfo: true, protocol: 2 })
  return Object.assign(redis, { [Symbol.dispose]: () => redis.disconnect() })
}
