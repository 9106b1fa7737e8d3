import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisConfig } from '@postern/shared/config/model.ts'
import { Secret } from '@postern/shared/secret.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import { writeCertificates } from '../../../dev/src/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { startFakeSentinel } from '../../support/fake-sentinel.ts'
import { openRaw } from '../../support/raw-redis.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { type Sentinels, startSentinels } from '../../support/redis-sentinels.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { watching } from './watching.ts'

const primaryName = 'mymaster'
const trusting = { tls: { rejectUnauthorized: false } }
const longSession = () => aSession(Date.now(), { expiresAtMs: Date.now() + 600_000 })

interface Sentry extends AsyncDisposable {
  readonly primary: RedisServer
  readonly replica: RedisServer
  readonly sentinels: Sentinels
  readonly config: RedisConfig
}

/** A primary, a replica and three sentinels, all with TLS and passwords; the certificate names none of the hosts. */
async function startSentry(): Promise<Sentry> {
  await using starting = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'postern-sentinel-tls-'))
  starting.defer(() => rm(directory, { recursive: true }))
  const certificates = await writeCertificates(directory, {
    redis: { commonName: '10.1.2.3', dnsNames: ['redis.internal'], ipAddresses: ['10.1.2.3'] },
  })
  const { caFile } = certificates
  const tls = { ...certificates.files.redis, caFile }
  const config = ['tls-replication yes', 'requirepass data-pw', 'masterauth data-pw', 'repl-diskless-sync-delay 0']
  const primary = starting.use(await startRedis({ tls, config }))
  const replicaOf = `replicaof 127.0.0.1 ${String(primary.port)}`
  const replica = starting.use(await startRedis({ tls, config: [...config, replicaOf] }))
  const sentinels = starting.use(
    await startSentinels({
      primaryPort: primary.port,
      primaryName,
      password: 'sentinel-pw',
      config: [
        `tls-cert-file ${tls.certificateFile}`,
        `tls-key-file ${tls.keyFile}`,
        `tls-ca-cert-file ${caFile}`,
        'tls-auth-clients no',
        'tls-replication yes',
        `sentinel auth-pass ${primaryName} data-pw`,
      ],
    }),
  )
  const running = starting.move()
  return {
    primary,
    replica,
    sentinels,
    config: {
      url: new Secret(`rediss+sentinel://:data-pw@${sentinels.hosts}/${primaryName}`),
      caFile,
      tlsVerify: 'ca',
      sentinelPassword: new Secret('sentinel-pw'),
      keyPrefix: 'postern:',
      commandTimeoutMs: 500,
      connectTimeoutMs: 1000,
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Sentinels find replicas and each other by asking the primary, each in its time. */
async function untilGuarded({ sentinels }: Sentry): Promise<void> {
  for (const port of sentinels.ports) {
    using sentinel = openRaw(port, { ...trusting, password: 'sentinel-pw' })
    await eventually('the sentinel knows the others', 15_000, async () => {
      const replicas = JSON.stringify(await sentinel.call('SENTINEL', 'REPLICAS', primaryName))
      const others = await sentinel.call('SENTINEL', 'SENTINELS', primaryName)
      return (others as unknown[]).length === 2 && replicas.includes('"master-link-status","ok"')
    })
  }
}

describe('Redis with sentinels (REL-B1)', () => {
  it('when the primary is killed, nobody is signed out, and everything goes on at the new one', async () => {
    await using sentry = await startSentry()
    const log = recordingLog()
    await using store = await RedisSessionStore.connect(sentry.config, { log })
    using watch = watching(store)
    const [session, other] = [longSession(), longSession()]
    for (const one of [session, other]) assert.deepEqual(await store.create(one), { kind: 'done' })
    await eventually('the channel is up', 2000, () => watch.isUp)
    await untilGuarded(sentry)

    await sentry.primary.kill()
    const seen = new Set<string>()
    const next = { ...session, version: 2 }
    await eventually('reads go on', 10_000, async () => {
      const { kind } = await store.find(session.handle)
      seen.add(kind)
      return kind === 'found'
    })
    assert.ok(seen.has('unavailable') && !seen.has('absent'), [...seen].join())
    await eventually('writes go on', 5000, async () => (await store.replace(next)).kind === 'done')
    assert.deepEqual(await store.find(session.handle), { kind: 'found', session: next })
    await eventually('the channel is up again', 5000, () => watch.isUp)
    assert.deepEqual(watch.events.slice(0, 3), ['all', 'up', 'down'])
    watch.changed.clear()
    await store.end(other.handle)
    await eventually('the end is heard', 100, () => watch.changed.has(other.handle))
    assert.ok(log.lines.length < 20, 'changes are logged, not attempts')
  })

  it('a planned failover signs nobody out, and writes go on at the new primary', async () => {
    await using sentry = await startSentry()
    await using store = await RedisSessionStore.connect(sentry.config, { log: recordingLog() })
    using watch = watching(store)
    const session = longSession()
    await store.create(session)
    await untilGuarded(sentry)

    using sentinel = openRaw(sentry.sentinels.ports[0] ?? 0, { ...trusting, password: 'sentinel-pw' })
    using promoted = openRaw(sentry.replica.port, { ...trusting, password: 'data-pw' })
    await sentinel.call('SENTINEL', 'FAILOVER', primaryName)
    const outcomes = new Set<string>()
    let version = 1
    await eventually('what is written is at the new primary', 10_000, async () => {
      // Redis replicates behind the scenes: what the former primary took last may be lost, never the session.
      const found = await store.find(session.handle)
      outcomes.add(found.kind)
      if (found.kind === 'found') version = found.session.version + 1
      const written = await store.replace({ ...session, version })
      const isPrimary = String(await promoted.call('ROLE')).startsWith('master')
      const value = await promoted.get(`postern:session:${session.handle}`)
      return isPrimary && written.kind === 'done' && value?.startsWith(`1|${String(version)}|`) === true
    })
    assert.ok(!outcomes.has('absent'))
    await eventually('the channel is up again', 5000, () => watch.isUp)
  })

  it('a certificate that names another host is refused, unless the authority alone counts or the name is given', async () => {
    await using sentry = await startSentry()
    const answerWith = async (config: RedisConfig): Promise<string> => {
      await using store = await RedisSessionStore.connect(config, { log: recordingLog() })
      return (await store.ping()).kind
    }
    assert.equal(await answerWith(sentry.config), 'up')
    assert.equal(await answerWith({ ...sentry.config, tlsVerify: 'full' }), 'unavailable')
    assert.equal(await answerWith({ ...sentry.config, tlsVerify: 'full', tlsServerName: 'redis.internal' }), 'up')
    assert.equal(
      await answerWith({ ...sentry.config, tlsVerify: 'full', tlsServerName: 'other.internal' }),
      'unavailable',
    )
    assert.equal(await answerWith({ ...sentry.config, sentinelPassword: new Secret('wrong') }), 'unavailable')
  })
})

describe('sentinels that name another primary', () => {
  const configFor = (...ports: number[]): RedisConfig => ({
    url: new Secret(`redis+sentinel://${ports.map((port) => `127.0.0.1:${String(port)}`).join()}/${primaryName}`),
    caFile: undefined,
    keyPrefix: 'postern:',
    commandTimeoutMs: 500,
    connectTimeoutMs: 500,
  })

  it('are followed even while the former one still answers', async () => {
    await using former = await startRedis()
    await using next = await startRedis()
    let port = former.port
    await using sentinel = await startFakeSentinel(() => port)
    await using store = await RedisSessionStore.connect(configFor(sentinel.port), {
      log: recordingLog(),
      jitter: () => 0,
    })
    const session = longSession()
    await store.create(session)
    port = next.port
    await eventually(
      'reads come from the next one',
      6000,
      async () => (await store.find(session.handle)).kind === 'absent',
    )
    await eventually('writes go there', 2000, async () => (await store.create(session)).kind === 'done')
    using raw = openRaw(next.port)
    assert.equal(await raw.exists(`postern:session:${session.handle}`), 1)
  })

  it('get the write that the demoted primary refused, even one that must not happen twice', async () => {
    await using former = await startRedis()
    await using next = await startRedis()
    let port = former.port
    await using sentinel = await startFakeSentinel(() => port)
    await using store = await RedisSessionStore.connect(configFor(sentinel.port), { log: recordingLog() })
    assert.deepEqual(await store.claimOnce('before', 60_000), { kind: 'first' })
    using demoted = openRaw(former.port)
    await demoted.call('REPLICAOF', '127.0.0.1', String(next.port))
    port = next.port
    const writes = await Promise.all([store.claimOnce('ticket', 60_000), store.create(longSession())])
    assert.deepEqual(writes, [{ kind: 'first' }, { kind: 'done' }])
    assert.deepEqual(await store.claimOnce('ticket', 60_000), { kind: 'repeated' })
  })

  it('are not believed when it is a replica', async () => {
    await using replica = await startRedis({ config: ['replicaof 127.0.0.1 1'] })
    await using sentinel = await startFakeSentinel(() => replica.port)
    await using store = await RedisSessionStore.connect(configFor(sentinel.port), { log: recordingLog() })
    await sleep(100)
    assert.equal((await store.find(longSession().handle)).kind, 'unavailable', 'what it does not know may be elsewhere')
    using raw = openRaw(replica.port)
    await raw.call('REPLICAOF', 'NO', 'ONE')
    await eventually('it is one', 2000, async () => (await store.find(longSession().handle)).kind === 'absent')
  })

  it('are outvoted when they are the fewer, and not waited for', async () => {
    await using right = await startRedis()
    await using wrong = await startRedis()
    await using one = await startFakeSentinel(() => wrong.port)
    await using two = await startFakeSentinel(() => right.port)
    await using three = await startFakeSentinel(() => right.port)
    using raw = openRaw(right.port)
    for (let round = 0; round < 5; round += 1) {
      await using store = await RedisSessionStore.connect(configFor(one.port, two.port, three.port), {
        log: recordingLog(),
      })
      const session = longSession()
      await store.create(session)
      assert.equal(await raw.exists(`postern:session:${session.handle}`), 1)
    }
  })

  it('copies are not trusted while records and changes come from different servers', async () => {
    await using one = await startRedis()
    await using other = await startRedis()
    let isSplit = true
    // Writes, reads, then the channel: the first two are sent to one server, the third to the other.
    await using sentinel = await startFakeSentinel(() => (isSplit && sentinel.asked > 2 ? other.port : one.port))
    await using store = await RedisSessionStore.connect(configFor(sentinel.port), { log: recordingLog() })
    using watch = watching(store)
    await sleep(20)
    assert.ok(!watch.events.includes('up'), 'they lead to different servers')
    isSplit = false
    await eventually('they agree', 3000, () => watch.isUp)
    const session = longSession()
    await eventually('writes work', 1000, async () => (await store.create(session)).kind === 'done')
    await eventually('and are heard', 100, () => watch.changed.has(session.handle))
  })

  it('that know no primary make the store unavailable', async () => {
    await using sentinel = await startFakeSentinel(() => undefined)
    const log = recordingLog()
    await using store = await RedisSessionStore.connect(configFor(sentinel.port), { log })
    assert.equal((await store.find(longSession().handle)).kind, 'unavailable')
    assert.ok(log.lines.some(({ fields }) => fields['reason'] === 'no-primary'))
  })
})
