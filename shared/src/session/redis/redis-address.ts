import { readFile } from 'node:fs/promises'
import type { RedisConfig } from '../../config/model.ts'
import { PosternError } from '../../errors/postern-error.ts'

/** Where Redis is and who we are there, taken apart. Holds the password: never log it. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly username: string | null
  readonly password: string | null
  readonly db: number
  readonly tls: { readonly ca: Buffer | undefined; readonly servername: string } | undefined
}

/**
 * Reads `redis://user:password@host:port/db` or `rediss://…`, and the CA file where there is one. Nothing else of the URL
 * counts: a query cannot change how the client behaves.
 *
 * @throws PosternError CONFIG_INVALID, without the URL, which may hold a password.
 */
export async function readRedisAddress(config: RedisConfig): Promise<RedisAddress> {
  const url = URL.parse(config.url.reveal())
  const db = url?.pathname.replace(/^\//, '') ?? ''
  if (!url || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '' || !/^\d{0,3}$/.test(db)) {
    throw new PosternError('CONFIG_INVALID', 'the Redis URL is not redis:// or rediss:// with a host')
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isTls = url.protocol === 'rediss:'
  return {
    host,
    port: Number(url.port || 6379),
    username: decodePart(url.username),
    password: decodePart(url.password),
    db: Number(db),
    tls: isTls ? { ca: await readCa(config.caFile), servername: host } : undefined,
  }
}

function decodePart(part: string): string | null {
  try {
    return part === '' ? null : decodeURIComponent(part)
  } catch {
    throw new PosternError('CONFIG_INVALID', 'the user or the password in the Redis URL is not percent-encoded')
  }
}

async function readCa(caFile: string | undefined): Promise<Buffer | undefined> {
  if (caFile === undefined) return undefined
  try {
    return await readFile(caFile)
  } catch (cause) {
    throw new PosternError('CONFIG_INVALID', `the CA file of Redis cannot be read: ${caFile}`, { cause })
  }
}
