import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { RedisConfig } from '../../config/model.ts'
import { parseRedisUrl, type RedisTopology } from '../../config/redis-url.ts'
import { PosternError } from '../../errors/postern-error.ts'

/** Who we are at a server. Holds the password: never log it. */
export interface RedisUser {
  readonly username: string | undefined
  readonly password: string | undefined
}

/** What `tls.connect` takes, beside host and port. */
export interface TlsOptions {
  readonly ca?: Buffer
  readonly servername?: string
  readonly checkServerIdentity?: () => undefined
}

/** Where Redis is and who we are there, taken apart. Holds the passwords: never log it. */
export interface RedisAddress {
  readonly topology: RedisTopology
  readonly user: RedisUser
  readonly sentinelUser: RedisUser
  readonly db: number
  /** How to check the server at this host; `undefined`: plain text. */
  readonly tlsFor: ((host: string) => TlsOptions) | undefined
}

/**
 * Reads the URL (see `redis-url.ts`), and the CA file where there is one.
 *
 * @throws PosternError CONFIG_INVALID, without the URL, which may hold a password.
 */
export async function readRedisAddress(config: RedisConfig): Promise<RedisAddress> {
  const url = parseRedisUrl(config.url.reveal())
  if (url.kind === 'malformed') throw new PosternError('CONFIG_INVALID', `the URL of Redis: ${url.why}`)
  return {
    topology: url.topology,
    user: { username: url.username, password: url.password },
    sentinelUser: { username: config.sentinelUsername, password: config.sentinelPassword?.reveal() },
    db: url.db,
    tlsFor: url.tls ? await readTls(config) : undefined,
  }
}

/** Without a CA file, the authorities that Node trusts. */
async function readTls(config: RedisConfig): Promise<(host: string) => TlsOptions> {
  const { caFile, tlsVerify, tlsServerName } = config
  if (tlsVerify === 'ca' && caFile === undefined) {
    throw new PosternError('CONFIG_INVALID', 'without a CA file, the name in the certificate of Redis has to count')
  }
  const common: TlsOptions = {
    ...(caFile === undefined ? {} : { ca: await readCa(caFile) }),
    // Memorystore's certificates name no host that anybody connects to; its authority signs for this instance alone.
    ...(tlsVerify === 'ca' ? { checkServerIdentity: () => undefined } : {}),
  }
  return (host) => {
    const name = tlsServerName ?? host
    return isIP(name) === 0 ? { ...common, servername: name } : common // RFC 6066, 3: no IP address as server name
  }
}

async function readCa(caFile: string): Promise<Buffer> {
  try {
    return await readFile(caFile)
  } catch (cause) {
    throw new PosternError('CONFIG_INVALID', `the CA file of Redis cannot be read: ${caFile}`, { cause })
  }
}
