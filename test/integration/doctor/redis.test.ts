import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { standardCertificates, writeCertificates } from '../../../dev/src/certificates.ts'
import { holdsNoSecret, runDoctor, usualConfig } from '../../support/doctor.ts'
import { startRedisCluster } from '../../support/redis-cluster.ts'
import { startSentinels } from '../../support/redis-sentinels.ts'
import { freePort, startRedis } from '../../support/redis-server.ts'

const reads =
  'authorize on >read-pw resetchannels &__redis__:invalidate ~postern:session:* -@all +get +ping +info +select +client|id +client|tracking +subscribe'
const writes =
  'authenticate on >write-pw resetchannels ~postern:* -@all +get +set +del +exists +pttl +pexpire +zadd +zrem +zrange +zremrangebyscore +eval +evalsha +ping +info +select'
const apart = `
shared_secret: ${randomBytes(32).toString('base64')}
cookie_secret: ${randomBytes(32).toString('base64')}
grpc_authentication: none
grpc_address: unix:///nowhere
authenticate_grpc_service_url: unix:///nowhere
routes: []
`

function doctor(url: string, service: 'authorize' | 'authenticate' | 'all' = 'all', settings = '') {
  const yaml = `${usualConfig}${apart}redis_url: ${url}\n${settings}`
  return runDoctor(yaml, '--json', '--only', 'redis', '--services', service)
}

describe('postern doctor, asking Redis', () => {
  it('says version, latency, policy, rights and tracking; and leaves nothing behind', async () => {
    await using redis = await startRedis()
    const { code, lines } = await doctor(redis.url())
    const place = `redis://127.0.0.1:${String(redis.port)}`
    assert.equal(code, 0, lines.join('\n'))
    assert.deepEqual(
      lines.map((line) => line.replace(/version [\d.]+/, 'version N').replace(/within \d+ ms/, 'within N ms')),
      [
        `ok ${place}: version N answers at 127.0.0.1:${String(redis.port)}`,
        `ok ${place}: answers within N ms`,
        `ok ${place}: maxmemory-policy is noeviction`,
        `ok ${place}: the user may do what authorize and authenticate needs`,
        `ok ${place}: tells of changes (CLIENT TRACKING)`,
      ],
    )
    const client = new Redis(redis.url())
    const [keys, persistence] = [await client.dbsize(), await client.info('persistence')]
    client.disconnect()
    assert.equal(keys, 0)
    assert.match(persistence, /^rdb_changes_since_last_save:0\r$/m, 'something was written')
  })

  it('users with exactly the documented rights have what they need', async () => {
    await using redis = await startRedis({ users: [reads, writes] })
    const authorize = await doctor(redis.url('authorize', 'read-pw'), 'authorize')
    assert.equal(authorize.code, 0, authorize.lines.join('\n'))
    assert.ok(authorize.lines.some((line) => line.includes('may do what authorize needs')))
    const authenticate = await doctor(redis.url('authenticate', 'write-pw'), 'authenticate')
    assert.equal(authenticate.code, 0, authenticate.lines.join('\n'))
    assert.ok(authenticate.lines.some((line) => line.includes('may do what authenticate needs')))
    holdsNoSecret(authorize, 'read-pw')
    holdsNoSecret(authenticate, 'write-pw')
  })

  it('a right that is missing is named, with what gives it', async () => {
    for (const [missing, user, service] of [
      ['client|tracking', reads, 'authorize'],
      ['subscribe', reads, 'authorize'],
      ['set', writes, 'authenticate'],
      ['evalsha', writes, 'authenticate'],
      ['zremrangebyscore', writes, 'authenticate'],
    ] as const) {
      const rights = user.split(' ').filter((word) => word !== `+${missing}`)
      await using redis = await startRedis({ users: [rights.join(' ')] })
      const { code, lines } = await doctor(
        redis.url(service, service === 'authorize' ? 'read-pw' : 'write-pw'),
        service,
      )
      assert.equal(code, 1)
      const [line = ''] = lines.filter((one) => one.startsWith('problem'))
      assert.ok(
        line.includes(`the user may not do what ${service} needs: ${missing} → ACL SETUSER <user> +${missing}`),
        line,
      )
    }
  })

  it('keys that the user may not touch count as rights that are missing', async () => {
    await using redis = await startRedis({ users: [reads.replace('~postern:session:*', '~other:*')] })
    const { lines } = await doctor(redis.url('authorize', 'read-pw'), 'authorize')
    assert.match(lines.find((line) => line.startsWith('problem')) ?? '', /needs: get/)
  })

  it('a password that is wrong, and none at all', async () => {
    await using redis = await startRedis({ users: [reads] })
    const wrong = await doctor(redis.url('authorize', 'not-it'), 'authorize')
    assert.match(
      wrong.lines.join(),
      /^problem .*Redis does not let us in: wrongpass → Correct user and password in redis_url/,
    )
    holdsNoSecret(wrong, 'not-it')
    const none = await doctor(redis.url(), 'authorize')
    assert.match(none.lines.join(), /noauth → Put user and password into redis_url/)
  })

  it('a policy that evicts', async () => {
    await using redis = await startRedis({ config: ['maxmemory 10mb', 'maxmemory-policy allkeys-lru'] })
    const { code, lines } = await doctor(redis.url())
    assert.equal(code, 0)
    assert.match(
      lines.find((line) => line.startsWith('warning')) ?? '',
      /allkeys-lru: when memory is full.*→ Set maxmemory-policy noeviction/,
    )
  })

  it('a replica', async () => {
    await using primary = await startRedis()
    await using replica = await startRedis({ config: [`replicaof 127.0.0.1 ${String(primary.port)}`] })
    const { code, lines } = await doctor(replica.url())
    assert.equal(code, 1)
    assert.match(lines.find((line) => line.startsWith('problem')) ?? '', /is a replica: nobody can sign in/)
  })

  it('nobody there, a name that does not exist', async () => {
    const refused = await doctor(`redis://127.0.0.1:${String(await freePort())}/0`)
    assert.equal(refused.code, 1)
    assert.match(refused.lines.join(), /^problem .*econnrefused → Check the port in redis_url/)
    const nameless = await doctor('redis://redis.invalid:6379/0')
    assert.match(
      nameless.lines.join(),
      /^problem redis:\/\/redis\.invalid:6379: cannot be reached: e(?:notfound|ai_again)/,
    )
  })

  it('a certificate of an authority that nobody named', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'postern-doctor-'))
    const written = await writeCertificates(directory, { redis: standardCertificates.redis })
    await using redis = await startRedis({ tls: { ...written.files.redis, caFile: written.caFile } })
    const strange = await doctor(redis.url())
    assert.match(
      strange.lines.join(),
      /^problem rediss:.*→ Name the authority that signs for this Redis in redis_ca_file/,
    )
    const trusted = await doctor(redis.url(), 'all', `redis_ca_file: ${written.caFile}\n`)
    assert.equal(trusted.code, 0, trusted.lines.join('\n'))
    await rm(directory, { recursive: true })
  })

  it('finds the primary by its sentinels, and says when they do not help', async () => {
    await using primary = await startRedis()
    const options = { primaryPort: primary.port, primaryName: 'postern', password: 'sentinel-pw', config: [] }
    await using sentinels = await startSentinels(options)
    const url = (name: string): string => `redis+sentinel://${sentinels.hosts}/${name}/0`
    const password = 'redis_sentinel_password: sentinel-pw\n'
    const found = await doctor(url('postern'), 'all', password)
    assert.equal(found.code, 0, found.lines.join('\n'))
    assert.match(found.lines[0] ?? '', new RegExp(`version .* answers at 127\\.0\\.0\\.1:${String(primary.port)}$`))
    const stranger = await doctor(url('another'), 'all', password)
    assert.match(
      stranger.lines.join(),
      /^problem redis\+sentinel:.*the sentinels do not help: no-primary → .*the name at the end of redis_url/,
    )
    const locked = await doctor(url('postern'))
    assert.match(locked.lines.join(), /^problem .*the sentinels do not help: noauth/)
    holdsNoSecret(stranger, 'sentinel-pw')
  })

  it('asks the node of a cluster to which our keys belong', async () => {
    await using cluster = await startRedisCluster()
    const { code, lines } = await doctor(cluster.url)
    assert.equal(code, 0, lines.join('\n'))
    assert.ok(lines.some((line) => line.includes('may do what authorize and authenticate needs')))
  })

  it('tells what Redis says the time is', async () => {
    await using redis = await startRedis()
    const yaml = `${usualConfig}${apart}redis_url: ${redis.url()}\n`
    const { lines } = await runDoctor(yaml, '--json', '--only', 'clock', '--timeout', '2')
    assert.ok(lines.includes('ok Redis: agrees with our clock'), lines.join('\n'))
  })
})
