import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Secret } from '@postern/shared/secret.ts'
import { RedisUnavailable } from '@postern/shared/session/redis/redis-failure.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import type { SessionLookup, SessionWrite } from '@postern/shared/session/session-store.ts'
import { eventually } from '../../support/eventually.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'

const commandTimeoutMs = 200
const session = aSession(Date.now(), { expiresAtMs: Date.now() + 600_000 })

function configFor(url: string) {
  return { url: new Secret(url), caFile: undefined, keyPrefix: 'postern:', commandTimeoutMs, connectTimeoutMs: 500 }
}

function reasonOf(answer: SessionLookup | SessionWrite): string {
  assert.equal(answer.kind, 'unavailable')
  assert.ok(answer.cause instanceof RedisUnavailable)
  return answer.cause.reason
}

async function timed<T>(action: () => Promise<T>): Promise<{ value: T; tookMs: number }> {
  const start = performance.now()
  const value = await action()
  return { value, tookMs: performance.now() - start }
}

describe('when the network to Redis fails', () => {
  let server: RedisServer
  let proxy: TcpProxy
  let store: RedisSessionStore
  const log = recordingLog()

  beforeEach(async () => {
    server = await startRedis()
    proxy = await startTcpProxy(server.port)
    log.lines.length = 0
    store = await RedisSessionStore.connect(configFor(`redis://127.0.0.1:${String(proxy.port)}`), { log })
    await store.create(session)
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  async function recovers(): Promise<void> {
    await eventually(
      'the session is found again',
      2000,
      async () => (await store.find(session.handle)).kind === 'found',
    )
    await eventually('writes work again', 2000, async () => (await store.touch(session.handle, 0)).kind === 'done')
  }

  it('a refused connection is told at once, and overcome by itself', async () => {
    await proxy.refuse()
    await sleep(20)
    const { value, tookMs } = await timed(() => store.find(session.handle))
    reasonOf(value)
    assert.ok(tookMs < 50, `took ${String(tookMs)} ms`)
    await sleep(300)
    await proxy.heal()
    await recovers()
  })

  it('a black hole is told within the deadline, soon at once, and overcome by itself', async () => {
    proxy.blackHole()
    const first = await timed(() => Promise.all([1, 2, 3, 4].map(() => store.find(session.handle))))
    first.value.forEach(reasonOf)
    assert.ok(first.tookMs < commandTimeoutMs + 150, `took ${String(first.tookMs)} ms`)
    const next = await timed(() => store.find(session.handle))
    reasonOf(next.value)
    assert.ok(next.tookMs < 50, `took ${String(next.tookMs)} ms`)
    await sleep(1000)
    await proxy.heal()
    await recovers()
  })

  it('a reset fails what is under way where it goes on, and is overcome by itself', async () => {
    proxy.delay(50)
    const underWay = store.find(session.handle)
    await sleep(10)
    await proxy.refuse()
    reasonOf(await underWay)
    await proxy.heal()
    await recovers()
  })

  it('what a short reset struck is asked again, and a write that may be done already is done once', async () => {
    proxy.delay(50)
    const next = { ...session, version: 2 }
    const underWay = [store.find(session.handle), store.replace(next), store.claimOnce('reset', 5000)] as const
    await sleep(10)
    proxy.reset()
    await proxy.heal()
    const [found, written, claim] = await Promise.all(underWay)
    assert.equal(found.kind, 'found')
    assert.deepEqual(written, { kind: 'done' })
    assert.equal(claim.kind, 'unavailable')
    assert.deepEqual(await store.find(session.handle), { kind: 'found', session: next })
  })

  it('a slow network only takes longer, and no write happens twice', async () => {
    proxy.delay(60)
    const { value, tookMs } = await timed(() => store.find(session.handle))
    assert.equal(value.kind, 'found')
    assert.ok(tookMs >= 60)
    assert.deepEqual(await store.claimOnce('slow', 5000), { kind: 'first' })
  })

  it('a write whose answer was lost is not sent again', async () => {
    proxy.delay(100)
    const claim = store.claimOnce('lost', 5000)
    await sleep(150)
    proxy.reset()
    assert.equal((await claim).kind, 'unavailable')
    await proxy.heal()
    await recovers()
    assert.deepEqual(await store.claimOnce('lost', 5000), { kind: 'repeated' })
  })

  it('is logged once per change, not once per request', async () => {
    await proxy.refuse()
    await sleep(20)
    for (let count = 0; count < 50; count += 1) await store.find(session.handle)
    await sleep(500)
    const said = (what: string) => log.lines.filter((line) => line.fields['redis'] === what).map((line) => line.message)
    assert.deepEqual(said('reads').slice(0, 1), ['Redis does not answer'])
    assert.ok(said('reads').length <= 2, inspect(log.lines))
    await proxy.heal()
    await recovers()
    assert.deepEqual(said('reads').slice(-1), ['Redis answers again'])
  })

  it('answers everything else with unavailable too, never with absent, false or an exception', async () => {
    await proxy.refuse()
    await sleep(20)
    const answers = await Promise.all([
      store.create(aSession(Date.now())),
      store.replace({ ...session, version: 2 }),
      store.touch(session.handle, Date.now()),
      store.end(session.handle),
      store.endByUser(session.issuer, 'ada'),
      store.endByIdpSid(session.issuer, 'x'),
      store.claimOnce('x', 1000),
      store.acquireLock('x', 1000),
      store.ping(),
      store.list(1),
      store.listByPerson('ada'),
      store.endAll(),
    ])
    assert.deepEqual(new Set(answers.map(({ kind }) => kind)), new Set(['unavailable']))
  })
})

describe('when Redis itself refuses', () => {
  async function openedAgainst(options: Parameters<typeof startRedis>[0], user = '', password = '') {
    const server = await startRedis(options)
    const log = recordingLog()
    const store = await RedisSessionStore.connect(configFor(server.url(user, password)), { log })
    return {
      server,
      store,
      log,
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]()
        await server[Symbol.asyncDispose]()
      },
    }
  }

  it('a wrong password is told as such, and found in no log and no error', async () => {
    await using opened = await openedAgainst({ users: ['app on >right ~* &* +@all'] }, 'app', 'very-wrong-password')
    const answer = await opened.store.find(session.handle)
    reasonOf(answer)
    assert.ok(opened.log.lines.some((line) => line.fields['reason'] === 'wrongpass'))
    const everything = inspect([opened.log.lines, answer, opened.store], { depth: 10, showHidden: true })
    assert.ok(!everything.includes('very-wrong-password'))
  })

  it('a missing password is unavailable', async () => {
    await using opened = await openedAgainst({ config: ['requirepass right'] })
    reasonOf(await opened.store.find(session.handle))
    await eventually('the reason is logged', 1000, () => {
      return opened.log.lines.some((line) => line.fields['reason'] === 'noauth')
    })
  })

  it('a missing permission is unavailable, and named', async () => {
    await using opened = await openedAgainst({ users: ['app on >pw ~other:* &* +@all'] }, 'app', 'pw')
    assert.equal(reasonOf(await opened.store.find(session.handle)), 'noperm')
    assert.equal(reasonOf(await opened.store.create(session)), 'noperm')
  })

  it('a full memory blocks writes, and reads go on', async () => {
    await using opened = await openedAgainst({ config: ['maxmemory-policy noeviction'] })
    await opened.store.create(session)
    const admin = new Redis(opened.server.port)
    await admin.config('SET', 'maxmemory', '1')
    assert.equal(reasonOf(await opened.store.create(aSession(Date.now()))), 'oom')
    assert.equal((await opened.store.find(session.handle)).kind, 'found')
    await admin.config('SET', 'maxmemory', '0')
    assert.deepEqual(await opened.store.create(aSession(Date.now())), { kind: 'done' })
    admin.disconnect()
  })

  it('a demoted primary answers READONLY: unavailable, and the connection is opened anew', async () => {
    await using opened = await openedAgainst({})
    await opened.store.create(session)
    const admin = new Redis(opened.server.port)
    await admin.config('SET', 'replica-serve-stale-data', 'yes')
    await admin.call('REPLICAOF', '127.0.0.1', '1')
    assert.equal(reasonOf(await opened.store.create(aSession(Date.now()))), 'readonly')
    assert.equal((await opened.store.find(session.handle)).kind, 'found')
    await admin.call('REPLICAOF', 'NO', 'ONE')
    await eventually(
      'writes work again',
      2000,
      async () => (await opened.store.touch(session.handle, 0)).kind === 'done',
    )
    admin.disconnect()
  })

  it('a Redis that is killed and comes back empty: first unavailable, then absent', async () => {
    const first = await startRedis()
    const store = await RedisSessionStore.connect(configFor(first.url()), { log: recordingLog() })
    await store.create(session)
    await first.kill()
    await eventually('it is unavailable', 500, async () => (await store.find(session.handle)).kind === 'unavailable')
    await using _second = await startRedis({ port: first.port })
    await eventually('it is back', 2000, async () => (await store.find(session.handle)).kind === 'absent')
    await eventually('writes work again', 2000, async () => (await store.create(session)).kind === 'done')
    await store[Symbol.asyncDispose]()
    await first[Symbol.asyncDispose]()
  })

  it('no Redis at the start: connecting does not fail, and it is found when it comes', async () => {
    const gone = await startRedis()
    await gone[Symbol.asyncDispose]()
    const { value: store, tookMs } = await timed(() =>
      RedisSessionStore.connect(configFor(gone.url()), { log: recordingLog() }),
    )
    assert.ok(tookMs < 1000)
    reasonOf(await store.find(session.handle))
    await using _server = await startRedis({ port: gone.port })
    await eventually('it answers', 2000, async () => (await store.ping()).kind === 'up')
    await store[Symbol.asyncDispose]()
  })
})
