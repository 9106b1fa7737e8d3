import { isLoopbackHost } from '../listen-address.ts'
import type { RedisConfig } from '../model.ts'
import { Secret } from '../../secret.ts'
import type { Assembly } from './assembly.ts'
import { readNamedFile } from './assembly.ts'

/** Where sessions are kept; `undefined`: in memory, which only one process can share with itself. */
export function readRedis(assembly: Assembly): RedisConfig | undefined {
  const { values, secrets, allInOne, report } = assembly
  const { text, path, given } = secrets('redis_url')
  if (text === undefined) {
    if (given) return undefined
    if (allInOne)
      report.warning(
        path,
        'not set, so sessions are kept in memory: they die with the process, and a second instance does not know them',
      )
    else
      report.error(
        path,
        'not set; authorize and authenticate run apart and share sessions through Redis (rediss://user:password@host:6379)',
      )
    return undefined
  }
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '') {
    report.error(path, 'not a Redis URL; expected rediss://user:password@host:6379/0')
  } else if (url.protocol === 'redis:' && !isLoopbackHost(url.hostname)) {
    report.warning(path, 'the connection to Redis is not encrypted; rediss:// is')
  }
  if (values.redis_ca_file !== undefined) {
    if (url?.protocol === 'redis:')
      report.error(['redis_ca_file'], 'has no effect with redis://; write rediss:// in redis_url')
    else readNamedFile(assembly, values.redis_ca_file, ['redis_ca_file'])
  }
  return {
    url: new Secret(text),
    caFile: values.redis_ca_file,
    keyPrefix: values.redis_key_prefix,
    commandTimeoutMs: values.redis_command_timeout,
    connectTimeoutMs: values.redis_connect_timeout,
  }
}
