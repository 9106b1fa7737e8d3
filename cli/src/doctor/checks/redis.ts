import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { parseRedisUrl } from '@postern/shared/config/redis-url.ts'
import type { RedisConfig } from '@postern/shared/config/model.ts'
import type { RedisFacts, RedisInspection, RedisUse } from '@postern/shared/session/redis/inspect-redis.ts'
import type { Check } from '../check.ts'
import { ok, problem, warning, type Told } from '../finding.ts'
import { unlessAborted } from '../probe/connect.ts'

const slowMs = 20
const oldest = [6, 2] as const
const rights = 'docs/operations/redis.md has the rights of each user'

/** Reachable, the right kind of server, and does our user have the rights that `uses` needs. */
export function redisCheck(config: RedisConfig, uses: ReadonlySet<RedisUse>): Check {
  return {
    group: 'redis',
    about: placeOf(config),
    run: async ({ clock, clocks, signal }) => {
      const { inspectRedis } = await import('@postern/shared/session/redis/inspect-redis.ts')
      let found: RedisInspection
      try {
        found = await unlessAborted(inspectRedis(config, uses, { clock }), signal)
      } catch (error) {
        if (error instanceof PosternError) return [problem(error.message, 'Mend redis_url or redis_ca_file.')]
        return [problem('no answer in time', explanations['timeout'] ?? '')]
      }
      if (found.kind === 'unavailable') return [unavailable(found)]
      if (found.time) clocks.add('Redis', found.time.theirMs, found.time.sentMs, found.time.answeredMs)
      return [
        server(found),
        latency(found),
        role(found),
        memory(found),
        permissions(found, uses),
        tracking(found, uses),
      ].filter((told) => told !== undefined)
    },
  }
}

/** The hosts alone: the rest of the URL holds a password. */
function placeOf({ url }: RedisConfig): string {
  const parsed = parseRedisUrl(url.reveal())
  if (parsed.kind === 'malformed') return 'redis_url'
  const { topology, tls } = parsed
  const endpoints =
    topology.kind === 'standalone'
      ? [topology.endpoint]
      : topology.kind === 'sentinel'
        ? topology.sentinels
        : topology.nodes
  const hosts = endpoints.map(({ host, port }) => `${host}:${String(port)}`).join(',')
  return `redis${tls ? 's' : ''}${topology.kind === 'standalone' ? '' : `+${topology.kind}`}://${hosts}`
}

const network = 'Check host and port of redis_url, and that the network lets this machine in (VPC, firewall).'
const trust = 'Name the authority that signs for this Redis in redis_ca_file.'

/** By the reason that the services log. */
const explanations: Readonly<Record<string, string>> = {
  wrongpass: 'Correct user and password in redis_url; both are percent-encoded there.',
  noauth: 'Put user and password into redis_url: rediss://user:password@host:6379/0.',
  noperm: `Give the user at least +ping and +info; ${rights}.`,
  enotfound: 'Check the spelling of the host in redis_url.',
  econnrefused: 'Check the port in redis_url, and that Redis runs.',
  econnreset: 'Redis hung up: does it want TLS (rediss://), or none (redis://)?',
  err_ssl_wrong_version_number: 'This port does not speak TLS: write redis://, or the TLS port.',
  err_tls_cert_altname_invalid:
    'The certificate is for another name: set redis_tls_server_name, or redis_tls_verify: ca for Memorystore.',
  cert_has_expired: 'Renew the certificate of Redis; or set the clock of this machine right.',
  self_signed_cert_in_chain: trust,
  depth_zero_self_signed_cert: trust,
  unable_to_verify_leaf_signature: trust,
  unable_to_get_issuer_cert_locally: trust,
  'no-primary': 'They answer and name no primary: check the name at the end of redis_url, and their own view of it.',
  'not-connected': network,
  timeout: network,
}

const refusals: ReadonlySet<string> = new Set(['wrongpass', 'noauth', 'noperm'])

function unavailable({ at, reason }: Extract<RedisInspection, { kind: 'unavailable' }>): Told {
  const who = {
    sentinels: 'the sentinels do not help',
    nodes: 'no node of the cluster helps',
    server: refusals.has(reason) ? 'Redis does not let us in' : 'cannot be reached',
  }
  return problem(`${who[at]}: ${reason}`, explanations[reason] ?? network)
}

function server({ version, endpoint }: RedisFacts): Told {
  const place = `${endpoint.host}:${String(endpoint.port)}`
  if (version === undefined)
    return warning(`answers at ${place} and does not tell its version`, `The user needs +info; ${rights}.`)
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  if (!isOld) return ok(`version ${version} answers at ${place}`)
  return problem(`version ${version} is too old`, `Postern needs ${oldest.join('.')} or later: upgrade Redis.`)
}

function latency({ latencyMs }: RedisFacts): Told {
  const says = `answers within ${latencyMs < 1 ? '1' : String(Math.round(latencyMs))} ms`
  if (latencyMs < slowMs) return ok(says)
  return warning(says, 'Every first request of a session waits for it: run Redis in the same region as Postern.')
}

function role({ role: name }: RedisFacts): Told | undefined {
  if (name !== 'slave') return undefined
  return problem(
    'is a replica: nobody can sign in, and ended sessions may still look alive',
    'Lead redis_url to the primary, or name the sentinels (rediss+sentinel://).',
  )
}

function memory({ maxMemoryPolicy: policy }: RedisFacts): Told | undefined {
  if (policy === undefined) return undefined
  if (policy === 'noeviction') return ok('maxmemory-policy is noeviction')
  return warning(
    `maxmemory-policy is ${policy}: when memory is full, people are signed out and ended sessions forgotten`,
    'Set maxmemory-policy noeviction (Memorystore: --redis-config maxmemory-policy=noeviction).',
  )
}

function permissions({ refused }: RedisFacts, uses: ReadonlySet<RedisUse>): Told {
  const whose = uses.size === 2 ? 'authorize and authenticate' : uses.has('reads') ? 'authorize' : 'authenticate'
  if (refused.length === 0) return ok(`the user may do what ${whose} needs`)
  const commands = refused.map((name) => `+${name}`).join(' ')
  return problem(
    `the user may not do what ${whose} needs: ${refused.join(', ')}`,
    `ACL SETUSER <user> ${commands}, and the keys and the channel of it; ${rights}.`,
  )
}

function tracking({ trackingFailure, refused }: RedisFacts, uses: ReadonlySet<RedisUse>): Told | undefined {
  if (!uses.has('reads')) return undefined
  if (trackingFailure !== undefined)
    return problem(
      `does not tell of changes (CLIENT TRACKING: ${trackingFailure}), so every request reads Redis`,
      'Use a Redis that has client-side caching (6.2 or later), without a proxy in between that takes it away.',
    )
  return refused.some((name) => name === 'subscribe' || name.startsWith('client|'))
    ? undefined
    : ok('tells of changes (CLIENT TRACKING)')
}
