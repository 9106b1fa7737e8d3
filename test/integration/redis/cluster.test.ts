import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisConfig } from '@postern/shared/config/model.ts'
import { Secret } from '@postern/shared/secret.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import { sessionStoreContract } from '@postern/shared/session/session-store-contract.ts'
import { eventually } from '../../support/eventually.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.ts'
import type { RedisServer } from '../../support/redis-server.ts'
import { watching } from './watching.ts'

const longSession = () => aSession(Date.now(), { expiresAtMs: Date.now() + 600_000 })

describe('Redis as a cluster of three', () => {
  let cluster: RedisCluster
  before(async () => (cluster = await startRedisCluster()))
  after(() => cluster[Symbol.asyncDispose]())

  const configFor = (keyPrefix: string): RedisConfig => ({
    url: new Secret(cluster.url),
    caFile: undefined,
    keyPrefix,
    commandTimeoutMs: 1000,
    connectTimeoutMs: 1000,
  })

  async function ownerOf(keyPrefix: string): Promise<{ slot: string; owner: RedisServer; stranger: RedisServer }> {
    const [first] = cluster.nodes
    assert.ok(first)
    const slot = await cluster.cli(first, 'CLUSTER', 'KEYSLOT', keyPrefix)
    const isOwner = await Promise.all(
      cluster.nodes.map(async (node) => !(await cluster.cli(node, 'GET', keyPrefix)).startsWith('MOVED')),
    )
    const owner = cluster.nodes[isOwner.indexOf(true)]
    const stranger = cluster.nodes[isOwner.indexOf(false)]
    assert.ok(owner && stranger)
    return { slot, owner, stranger }
  }

  let stores = 0
  sessionStoreContract('RedisSessionStore in a cluster', async () => {
    const store = await RedisSessionStore.connect(configFor(`{test-${String((stores += 1))}}:`), {
      log: recordingLog(),
    })
    return {
      store,
      nowMs: () => Date.now(),
      advance: (ms) => sleep(ms + 2),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  })

  it('follows its keys when their slot moves to another node', async () => {
    const prefix = '{moving}:'
    const { slot, owner, stranger } = await ownerOf(prefix)
    await using store = await RedisSessionStore.connect(configFor(prefix), { log: recordingLog() })
    using watch = watching(store)
    const sessions = [longSession(), longSession()] as const
    for (const session of sessions) await store.create(session)
    await eventually('the channel is up', 2000, () => watch.isUp)
    watch.changed.clear()

    await moveSlot(cluster, slot, owner, stranger)
    assert.deepEqual(watch.changed, new Set(sessions.map(({ handle }) => handle)), 'copies of what moved are dropped')
    assert.deepEqual(await store.find(sessions[0].handle), { kind: 'found', session: sessions[0] })
    assert.deepEqual(await store.replace({ ...sessions[0], version: 2 }), { kind: 'done' })
    await eventually('the channel went down and is up again', 3000, () => watch.events.includes('down') && watch.isUp)
    watch.changed.clear()
    await store.end(sessions[1].handle)
    await eventually('the end is heard from the new node', 100, () => watch.changed.has(sessions[1].handle))
  })

  it('goes on at a replica, whether it takes over in order or because its primary was killed', async () => {
    const prefix = '{failing}:'
    const { owner } = await ownerOf(prefix)
    const replica = await cluster.addReplicaOf(owner)
    const roleOf = async (node: RedisServer) => (await cluster.cli(node, 'ROLE')).split('\n')[0]
    await using store = await RedisSessionStore.connect(configFor(prefix), { log: recordingLog(), jitter: () => 0 })
    using watch = watching(store)
    const session = longSession()
    await store.create(session)
    const seen = new Set<string>()
    let version = 1
    const worksAt = async (node: RedisServer): Promise<boolean> => {
      const found = await store.find(session.handle)
      seen.add(found.kind)
      if (found.kind === 'found') version = found.session.version + 1
      const written = await store.replace({ ...session, version })
      if (written.kind !== 'done') return false
      const value = await cluster.cli(node, 'GET', `${prefix}session:${session.handle}`)
      return value.startsWith(`1|${String(version)}|`)
    }

    await eventually(
      'the replica agrees to take over',
      5000,
      async () => (await cluster.cli(replica, 'CLUSTER', 'FAILOVER')) === 'OK',
    )
    await eventually('the replica took over', 5000, async () => (await roleOf(replica)) === 'master')
    await eventually('writes go there', 5000, () => worksAt(replica))
    await eventually('the former one follows', 10_000, async () =>
      (await cluster.cli(owner, 'ROLE')).includes('connected'),
    )
    await replica.kill()
    await eventually('writes go to the former primary', 10_000, () => worksAt(owner))
    assert.ok(!seen.has('absent'), [...seen].join())
    await eventually('the channel is up', 5000, () => watch.isUp)
    watch.changed.clear()
    await store.end(session.handle)
    await eventually('the end is heard', 100, () => watch.changed.has(session.handle))
  })
})

/** As `redis-cli --cluster reshard` does, for one slot. */
async function moveSlot(cluster: RedisCluster, slot: string, from: RedisServer, to: RedisServer): Promise<void> {
  const [fromId, toId] = [await cluster.cli(from, 'CLUSTER', 'MYID'), await cluster.cli(to, 'CLUSTER', 'MYID')]
  await cluster.cli(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
  await cluster.cli(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
  const keys = (await cluster.cli(from, 'CLUSTER', 'GETKEYSINSLOT', slot, '1000')).split('\n')
  await cluster.cli(from, 'MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys)
  for (const node of [to, from, ...cluster.nodes]) await cluster.cli(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId)
}
