import { isLoopbackHost } from '../listen-address.ts'
import type { RedisConfig } from '../model.ts'
import { parseRedisUrl, type RedisTopology, type RedisUrl } from '../redis-url.ts'
import { Secret } from '../../secret.ts'
import type { Assembly } from './assembly.ts'
import { noteFileReadOnce } from './assembly.ts'
import { checkAuthorities, pemFromFile } from './pem.ts'

const clusterKeyPrefix = '{postern}:'

/** Where sessions are kept; `undefined`: in memory, which only one process can share with itself. */
export function readRedis(assembly: Assembly): RedisConfig | undefined {
  const { values, secrets, report } = assembly
  const { text, path, given } = secrets('redis_url')
  if (text === undefined) {
    if (!given) reportMissing(assembly)
    return undefined
  }
  const parsed = parseRedisUrl(text)
  const url = parsed.kind === 'redis' ? parsed : undefined
  if (parsed.kind === 'malformed') report.error(path, parsed.why)
  else if (!parsed.tls && !endpointsOf(parsed.topology).every(({ host }) => isLoopbackHost(host))) {
    report.warning(path, 'the connection to Redis is not encrypted; rediss:// is')
  }
  readTls(assembly, url)
  const sentinelPassword = secrets('redis_sentinel_password').text
  return {
    url: new Secret(text),
    caFile: values.redis_ca_file,
    tlsVerify: values.redis_tls_verify,
    ...(values.redis_tls_server_name === undefined ? {} : { tlsServerName: values.redis_tls_server_name }),
    ...(values.redis_sentinel_username === undefined ? {} : { sentinelUsername: values.redis_sentinel_username }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword: new Secret(sentinelPassword) }),
    keyPrefix: readKeyPrefix(assembly, url),
    commandTimeoutMs: values.redis_command_timeout,
    connectTimeoutMs: values.redis_connect_timeout,
  }
}

function reportMissing({ secrets, allInOne, report }: Assembly): void {
  const { path } = secrets('redis_url')
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
}

function endpointsOf(topology: RedisTopology) {
  switch (topology.kind) {
    case 'standalone':
      return [topology.endpoint]
    case 'sentinel':
      return topology.sentinels
    case 'cluster':
      return topology.nodes
  }
}

function readTls(assembly: Assembly, url: RedisUrl | undefined): void {
  const { values, given, report } = assembly
  for (const key of ['redis_ca_file', 'redis_tls_server_name', 'redis_tls_verify'] as const) {
    if (given(key) && url?.tls === false)
      report.error([key], 'has no effect with redis://; write rediss:// in redis_url')
  }
  for (const key of ['redis_sentinel_username', 'redis_sentinel_password'] as const) {
    if (given(key) && url && url.topology.kind !== 'sentinel')
      report.error([key], 'has no effect without sentinels; write rediss+sentinel:// in redis_url')
  }
  if (values.redis_ca_file !== undefined && url?.tls !== false) {
    noteFileReadOnce(assembly, values.redis_ca_file, ['redis_ca_file'])
    checkAuthorities(assembly, pemFromFile(assembly, values.redis_ca_file, ['redis_ca_file']))
  }
  if (values.redis_tls_verify === 'ca' && values.redis_ca_file === undefined)
    report.error(
      ['redis_tls_verify'],
      'without redis_ca_file, any certificate of any public authority would do; name the authority of Redis',
    )
}

/** One script touches a record and its indexes, so in a cluster all keys have to be on one node. */
function readKeyPrefix({ values, given, report }: Assembly, url: RedisUrl | undefined): string {
  const prefix = values.redis_key_prefix
  if (url?.topology.kind !== 'cluster' || /^[^{]*\{[^}]+\}/.test(prefix)) return prefix
  if (!given('redis_key_prefix')) return clusterKeyPrefix
  report.error(['redis_key_prefix'], 'a cluster needs a hash tag in it, so that all keys are on one node: "{postern}:"')
  return prefix
}
