import { createRequire } from 'node:module'
import type { Pool as PoolClass } from 'undici'

/**
 * The package's pool without its front door, which loads fetch, WebSocket, caches and mocks as well: 3 MiB. Such a pool
 * has `dispatch`, `close` and `destroy`, and none of the calls made of them (`request`, `stream`).
 */
export type Pool = Pick<PoolClass, 'dispatch' | 'close' | 'destroy'>

export const Pool = createRequire(import.meta.url)('undici/lib/dispatcher/pool.js') as new (
  ...args: ConstructorParameters<typeof PoolClass>
) => Pool
