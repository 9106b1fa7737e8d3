import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { RedisConfig } from '../../config/model.ts'
import { PosternError } from '../../errors/postern-error.ts'

/** Where Redis is and who we are there, taken apart. Holds the password: never log it. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly username: string | null
  readonly password: string | null
  readonly db: number
  readonly tls: { readonly ca?: Buffer; readonly servername?: string } | undefined
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
  return {
    host,
    port: Number(url.port || 6379),
    username: decodePart(url.username),
    password: decodePart(url.password),
    db: Number(db),
    tls: url.protocol === 'rediss:' ? await tlsFor(host, config.caFile) : undefined,
  }
}

function decodePart(part: string): string | null {
  try {
    return part === '' ? null : decodeURIComponent(part)
  } catch {
    throw new PosternError('CONFIG_INVALID', 'the user or the password in the Redis URL is not percent-encoded')
  }
}

/** Without a CA file, the authorities that Node trusts. */
async function tlsFor(host: string, caFile: string | undefined): Promise<RedisAddress['tls']> {
  const ca = caFile === undefined ? {} : { ca: await readCa(caFile) }
  return isIP(host) === 0 ? { ...ca, servername: host } : ca // RFC 6066, 3: no IP address as server name
}

async function readCa(caFile: string): Promise<Buffer> {
  try {
    return await readFile(caFile)
  } catch (cause) {
    throw new PosternError('CONFIG_INVALID', `the CA file of Redis cannot be read: ${caFile}`, { cause })
  }
}
