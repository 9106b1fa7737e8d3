import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { standardCertificates, writeCertificates } from '../../../dev/src/certificates.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { Secret } from '@postern/shared/secret.ts'
import { RedisSessionReader } from '@postern/shared/session/redis/redis-session-reader.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { eventually } from '../../support/eventually.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'

/** The ACLs of the two services, as `redis-session-reader.ts` and `redis-session-store.ts` document them. */
const authorizeUser =
  'authorize on >read-pw resetchannels &__redis__:invalidate ~postern:session:* -@all +get +ping +info +select +client|id +client|tracking +subscribe'
const authenticateUser =
  'authenticate on >write:pw/# resetchannels ~postern:* -@all +get +set +del +exists +pttl +pexpire +zadd +zrem +zrange +zremrangebyscore +eval +evalsha +ping +info +select'

describe('Redis over TLS with a user for each service', () => {
  let directory: string
  let server: RedisServer
  let caFile: string

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-tls-'))
    const written = await writeCertificates(directory, { redis: standardCertificates.redis })
    caFile = written.caFile
    server = await startRedis({ tls: { ...written.files.redis, caFile }, users: [authorizeUser, authenticateUser] })
  })
  after(async () => {
    await server[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  })

  const configFor = (user: string, password: string, trusting: string | undefined = caFile) => ({
    url: new Secret(server.url(user, password)),
    caFile: trusting,
    keyPrefix: 'postern:',
    commandTimeoutMs: 1000,
    connectTimeoutMs: 1000,
  })

  it('lets authenticate write all it writes, and authorize read it and hear of changes', async () => {
    const log = recordingLog()
    await using store = await RedisSessionStore.connect(configFor('authenticate', 'write:pw/#'), { log })
    await using reader = await RedisSessionReader.connect(configFor('authorize', 'read-pw'), { log })
    const heard: string[] = []
    const up = Promise.withResolvers<undefined>()
    const listener = {
      changed: (handles: readonly string[]) => heard.push(...handles),
      allChanged: () => undefined,
      channelDown: () => undefined,
      channelUp: () => up.resolve(undefined),
    }
    using _watch = reader.watch(listener)
    await up.promise

    const session = aSession(Date.now())
    assert.deepEqual(await store.create(session), { kind: 'done' })
    assert.deepEqual(await reader.find(session.handle), { kind: 'found', session })
    assert.deepEqual(await store.replace({ ...session, version: 2, idpSid: 'other' }), { kind: 'done' })
    assert.deepEqual(await store.touch(session.handle, Date.now() + 5), { kind: 'done' })
    assert.deepEqual(await store.claimOnce('ticket', 1000), { kind: 'first' })
    const attempt = await store.acquireLock('refresh', 1000)
    assert.equal(attempt.kind, 'acquired')
    assert.equal(await attempt.lock.renew(), true)
    await attempt.lock.release()
    assert.deepEqual(await store.endByIdpSid(session.issuer, 'other'), { kind: 'done', count: 1 })
    assert.deepEqual(await store.list(1), { kind: 'listed', sessions: [], hasMore: false })
    assert.deepEqual(await store.listByPerson('ada'), { kind: 'listed', sessions: [], hasMore: false })
    assert.deepEqual(await store.endAll(), { kind: 'done', count: 0 })
    assert.deepEqual(await store.endByUser(session.issuer, 'ada'), { kind: 'done', count: 0 })
    assert.deepEqual(await store.end(session.handle), { kind: 'done' })
    assert.deepEqual([await store.ping(), await reader.ping()], [{ kind: 'up' }, { kind: 'up' }])
    await eventually(
      'the reader heard of it',
      100,
      () => heard.filter((handle) => handle === session.handle).length >= 2,
    )
    assert.deepEqual(log.lines, [])
  })

  it('lets authorize write nothing, and read nothing but sessions', async () => {
    const options = {
      port: server.port,
      username: 'authorize',
      password: 'read-pw',
      tls: { rejectUnauthorized: false },
    }
    const redis = new Redis({ ...options, protocol: 2, disableClientInfo: true })
    await assert.rejects(redis.set('postern:session:x', '1'), /NOPERM/)
    await assert.rejects(redis.del('postern:session:x'), /NOPERM/)
    await assert.rejects(redis.get('postern:user:x'), /NOPERM/)
    await assert.rejects(redis.keys('*'), /NOPERM/)
    await assert.rejects(redis.subscribe('other'), /NOPERM/)
    redis.disconnect()
  })

  it('trusts no other certificate authority', async () => {
    const other = join(directory, 'other')
    const { caFile: otherCa } = await writeCertificates(other, { redis: standardCertificates.redis })
    for (const trusting of [otherCa, undefined]) {
      const log = recordingLog()
      const config = { ...configFor('authorize', 'read-pw'), caFile: trusting }
      await using reader = await RedisSessionReader.connect(config, { log })
      assert.equal((await reader.find(aSession(0).handle)).kind, 'unavailable')
      assert.ok(log.lines.length > 0)
    }
  })

  it('says which CA file cannot be read, and that a URL is none, without showing it', async () => {
    const refused = async (config: Parameters<typeof RedisSessionReader.connect>[0]): Promise<string> => {
      const error: unknown = await RedisSessionReader.connect(config, { log: recordingLog() }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      assert.ok(error instanceof PosternError && error.code === 'CONFIG_INVALID')
      return error.message
    }
    assert.match(await refused(configFor('authorize', 'read-pw', '/nowhere/ca.crt')), /\/nowhere\/ca\.crt/)
    for (const url of ['http://user:hidden@host', 'redis://user:hidden@/0', 'hidden', 'redis://u:%hidden@host']) {
      const message = await refused({ ...configFor('authorize', 'read-pw'), url: new Secret(url) })
      assert.ok(!message.includes('hidden'), message)
    }
  })
})
