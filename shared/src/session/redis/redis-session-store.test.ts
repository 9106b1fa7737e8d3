import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { recordingLog } from '../../../../test/support/recording-log.ts'
import { type RedisServer, startRedis } from '../../../../test/support/redis-server.ts'
import type { RedisConfig } from '../../config/model.ts'
import { Secret } from '../../secret.ts'
import { aSession, type OpenedStore } from '../a-session-contract.ts'
import { sessionStoreContract } from '../session-store-contract.ts'
import { RedisSessionStore } from './redis-session-store.ts'

let server: RedisServer
let raw: Redis
let stores = 0
before(async () => {
  server = await startRedis()
  raw = new Redis(server.port)
})
after(async () => {
  raw.disconnect()
  await server[Symbol.asyncDispose]()
})

function configFor(keyPrefix: string): RedisConfig {
  const timeouts = { commandTimeoutMs: 2000, connectTimeoutMs: 2000 }
  return { url: new Secret(server.url()), caFile: undefined, keyPrefix, ...timeouts }
}

async function openStore(): Promise<
  OpenedStore & { readonly prefix: string; readonly log: ReturnType<typeof recordingLog> }
> {
  const prefix = `test-${String((stores += 1))}:`
  const log = recordingLog()
  const store = await RedisSessionStore.connect(configFor(prefix), { log })
  return {
    store,
    prefix,
    log,
    nowMs: () => Date.now(),
    advance: (ms) => sleep(ms + 2),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

sessionStoreContract('RedisSessionStore', openStore)

describe('RedisSessionStore keeps Redis clean', () => {
  it('gives every key a lifetime, indexes as long as their longest-lived member', async () => {
    await using opened = await openStore()
    const long = aSession(opened.nowMs(), { expiresAtMs: opened.nowMs() + 50_000 })
    const short = aSession(opened.nowMs(), { expiresAtMs: opened.nowMs() + 20_000 })
    for (const session of [long, short]) await opened.store.create(session)
    await opened.store.claimOnce('ticket', 5000)
    await opened.store.acquireLock('refresh', 5000)
    const keys = await raw.keys(`${opened.prefix}*`)
    assert.equal(keys.length, 9)
    for (const key of keys) {
      const ttl = await raw.pttl(key)
      const isIndex = /:(user|sid|person):|:sessions$/.test(key)
      assert.ok(ttl > (isIndex ? 40_000 : 0) && ttl <= 50_000, `${key}: ${String(ttl)}`)
    }
  })

  it('leaves nothing behind when sessions end (SES-22)', async () => {
    await using opened = await openStore()
    const sessions = [1, 2, 3].map(() => aSession(opened.nowMs()))
    for (const session of sessions) await opened.store.create(session)
    for (const { handle } of sessions.slice(1)) await opened.store.end(handle)
    await opened.store.endByUser('https://idp.example.com', 'ada')
    assert.deepEqual(await raw.keys(`${opened.prefix}*`), [])
  })

  it('ends everything though records are gone that its indexes still name', { timeout: 10_000 }, async () => {
    await using opened = await openStore()
    const sessions = Array.from({ length: 250 }, () => aSession(opened.nowMs()))
    await Promise.all(sessions.map((session) => opened.store.create(session)))
    await raw.del(...sessions.map(({ handle }) => `${opened.prefix}session:${handle}`))
    assert.deepEqual(await opened.store.endAll(), { kind: 'done', count: 0 })
    assert.equal(await raw.exists(`${opened.prefix}sessions`), 0)
  })

  it('drops expired members from an index at the next sign-in', async () => {
    await using opened = await openStore()
    await opened.store.create(aSession(opened.nowMs(), { expiresAtMs: opened.nowMs() + 20 }))
    await opened.advance(30)
    await opened.store.create(aSession(opened.nowMs()))
    const [index] = await raw.keys(`${opened.prefix}user:*`)
    assert.equal(await raw.zcard(index ?? ''), 1)
  })

  it('names no person, issuer or session id in its keys', async () => {
    await using opened = await openStore()
    await opened.store.create(aSession(opened.nowMs()))
    for (const key of await raw.keys(`${opened.prefix}*`))
      assert.match(key, /^test-\d+:((session|user|sid|person):[\w-]{43}|sessions)$/)
  })

  it('reads with a single GET', async () => {
    await using opened = await openStore()
    const session = aSession(opened.nowMs())
    await opened.store.create(session)
    await raw.config('RESETSTAT')
    await opened.store.find(session.handle)
    const commands = [...(await raw.info('commandstats')).matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)]
    const counted = commands.map(([, name, calls]) => `${String(name)} ${String(calls)}`)
    assert.deepEqual(
      counted.filter((line) => !line.startsWith('config') && !line.startsWith('info')),
      ['get 1'],
    )
  })

  it('tells that everything changed when Redis is flushed', async () => {
    await using opened = await openStore()
    const events: string[] = []
    const flushed = Promise.withResolvers<undefined>()
    const up = Promise.withResolvers<undefined>()
    const listener = {
      changed: () => events.push('changed'),
      allChanged: () => (events.push('all') === 3 ? flushed.resolve(undefined) : undefined),
      channelDown: () => events.push('down'),
      channelUp: () => (events.push('up'), up.resolve(undefined)),
    }
    using _watch = opened.store.watch(listener)
    await up.promise
    await raw.flushall()
    await flushed.promise
    assert.deepEqual(events, ['all', 'up', 'all'])
  })
})

describe('RedisSessionStore meets records it cannot read (SES-11)', () => {
  const corruptions: readonly (readonly [what: string, change: (value: string) => string, why: string])[] = [
    ['is empty', () => '', 'unknown-format'],
    ['is something else', () => 'hello', 'unknown-format'],
    ['is of a newer format', (value) => `2${value.slice(1)}`, 'unknown-format'],
    ['is cut in its head', (value) => value.slice(0, 20), 'corrupt'],
    ['is cut in its body', (value) => value.slice(0, -20), 'corrupt'],
    ['has a wrong type in its body', (value) => value.replace('"groups":[', '"groups":[{},'), 'corrupt'],
    ['lacks its identity', (value) => value.replace('"identity"', '"identities"'), 'corrupt'],
    ['was copied from another session', (value) => value.replace(/"handle":"..../, '"handle":"AAAA'), 'corrupt'],
    ['has an absurd number', (value) => value.replace('1|1|', `1|${'9'.repeat(30)}|`), 'corrupt'],
  ]
  for (const [what, change, why] of corruptions) {
    it(`treats one that ${what} as absent, logs it, and leaves it alone`, async () => {
      await using opened = await openStore()
      const session = aSession(opened.nowMs())
      await opened.store.create(session)
      const key = `${opened.prefix}session:${session.handle}`
      const changed = change((await raw.get(key)) ?? '')
      await raw.set(key, changed, 'PX', 10_000)
      assert.deepEqual(await opened.store.find(session.handle), { kind: 'absent' })
      const warnings = opened.log.lines.filter((line) => line.level === 'warn')
      assert.deepEqual(
        warnings.map((line) => line.fields),
        [{ handle: session.handle, why }],
      )
      if (why === 'unknown-format') {
        assert.deepEqual(await opened.store.replace({ ...session, version: 2 }), { kind: 'conflict' })
        assert.deepEqual(await opened.store.touch(session.handle, opened.nowMs() + 1), { kind: 'conflict' })
      }
      assert.equal(await raw.get(key), changed)
    })
  }

  it('treats a key of another type as absent', async () => {
    await using opened = await openStore()
    const session = aSession(opened.nowMs())
    await raw.hset(`${opened.prefix}session:${session.handle}`, 'a', 'b')
    assert.deepEqual(await opened.store.find(session.handle), { kind: 'absent' })
    assert.deepEqual(await opened.store.end(session.handle), { kind: 'done' })
  })

  it('still ends one on sign-out', async () => {
    await using opened = await openStore()
    const session = aSession(opened.nowMs())
    await opened.store.create(session)
    const key = `${opened.prefix}session:${session.handle}`
    await raw.set(key, '2|newer', 'PX', 10_000)
    assert.deepEqual(await opened.store.endByUser(session.issuer, 'ada'), { kind: 'done', count: 1 })
    assert.equal(await raw.exists(key), 0)
  })
})
