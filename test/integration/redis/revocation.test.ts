import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { CredentialResolver } from '../../../services/authorize/src/session/credential-resolver.ts'
import { SessionCopies, type SessionsChanged } from '../../../services/authorize/src/session/session-copies.ts'
import { Secret } from '@postern/shared/secret.ts'
import { RedisSessionReader } from '@postern/shared/session/redis/redis-session-reader.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { handleOf, newSessionId } from '@postern/shared/session/session-id.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import type { Session } from '@postern/shared/session/session.ts'
import { eventually } from '../../support/eventually.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'

const host = 'a.example.com'
const credentials = new SessionCredentials([randomBytes(32)], 'authenticate.example.com')
const log = recordingLog()

interface Replica extends AsyncDisposable {
  readonly told: SessionsChanged[]
  /** `session`, `refused` or `unavailable`. */
  resolve(credential: string): Promise<string>
}

let server: RedisServer
let raw: Redis
before(async () => {
  server = await startRedis()
  raw = new Redis(server.port)
})
after(async () => {
  raw.disconnect()
  await server[Symbol.asyncDispose]()
})

function configFor(port: number) {
  const url = new Secret(`redis://127.0.0.1:${String(port)}`)
  return { url, caFile: undefined, keyPrefix: 'postern:', commandTimeoutMs: 300, connectTimeoutMs: 1000 }
}

async function startReplica(port: number): Promise<Replica> {
  const reader = await RedisSessionReader.connect(configFor(port), { log })
  const copies = new SessionCopies(reader)
  const resolver = new CredentialResolver({ credentials, copies })
  const told: SessionsChanged[] = []
  const up = Promise.withResolvers<undefined>()
  copies.onChanged((change) => (told.push(change), up.resolve(undefined)))
  await up.promise
  return {
    told,
    resolve: (credential) =>
      resolver.resolveCredential(credential, host, new Date()).then(
        ({ kind }) => kind,
        () => 'unavailable',
      ),
    async [Symbol.asyncDispose]() {
      copies[Symbol.dispose]()
      await reader[Symbol.asyncDispose]()
    },
  }
}

async function signIn(store: RedisSessionStore, chosen: Partial<Session> = {}) {
  const sessionId = newSessionId(randomBytes)
  const now = new Date()
  const session = aSession(now.getTime(), { handle: handleOf(sessionId), ...chosen })
  assert.deepEqual(await store.create(session), { kind: 'done' })
  const expiresAt = new Date(now.getTime() + 60_000)
  return { session, credential: await credentials.issue({ sessionId, host, issuedAt: now, expiresAt }) }
}

/** Two replicas of authorize that both hold a copy of one session. */
async function twoReplicas(chosen: Partial<Session> = {}) {
  const store = await RedisSessionStore.connect(configFor(server.port), { log })
  const replicas = await Promise.all([startReplica(server.port), startReplica(server.port)])
  const { session, credential } = await signIn(store, chosen)
  for (const replica of replicas) assert.equal(await replica.resolve(credential), 'session')
  return {
    store,
    session,
    replicas,
    credential,
    refusedEverywhere: async (withinMs: number) => {
      const times = replicas.map((replica) =>
        eventually('the session is refused', withinMs, async () => (await replica.resolve(credential)) === 'refused'),
      )
      return Math.max(...(await Promise.all(times)))
    },
    async [Symbol.asyncDispose]() {
      for (const replica of replicas) await replica[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

describe('a session that is revoked is refused by every replica within 100 ms', () => {
  it('when it is ended', async () => {
    await using two = await twoReplicas()
    await two.store.end(two.session.handle)
    await two.refusedEverywhere(100)
  })

  it('when its person is signed out everywhere', async () => {
    await using two = await twoReplicas()
    await two.store.endByUser(two.session.issuer, two.session.identity.userId)
    await two.refusedEverywhere(100)
  })

  it('when an operator deletes its key', async () => {
    await using two = await twoReplicas()
    await raw.del(`postern:session:${two.session.handle}`)
    await two.refusedEverywhere(100)
  })

  it('when Redis is flushed', async () => {
    await using two = await twoReplicas()
    await raw.flushall()
    await two.refusedEverywhere(100)
  })

  it('when it runs out in Redis', async () => {
    await using two = await twoReplicas()
    await raw.pexpire(`postern:session:${two.session.handle}`, 50)
    await two.refusedEverywhere(50 + 250) // Redis looks for expired keys ten times a second
  })

  it('when its absolute end comes, to the millisecond on each replica’s own clock', async () => {
    await using two = await twoReplicas({ expiresAtMs: Date.now() + 500 })
    assert.ok((await two.refusedEverywhere(600)) >= 0)
  })

  it('and whoever holds a connection for it is told', async () => {
    await using two = await twoReplicas()
    const { handle } = two.session
    await two.store.end(handle)
    for (const { told } of two.replicas) {
      await eventually('the end is told', 100, () =>
        told.some((change) => change.kind === 'sessions' && change.handles.includes(handle)),
      )
    }
  })

  it('but a use of it is told to nobody', async () => {
    await using two = await twoReplicas()
    for (const { told } of two.replicas) told.length = 0
    const usedAtMs = Date.now() + 10
    await two.store.touch(two.session.handle, usedAtMs)
    const other = await signIn(two.store)
    for (const { told } of two.replicas) {
      await eventually('a later change is told', 100, () => told.length > 0)
      assert.deepEqual(told, [{ kind: 'sessions', handles: [other.session.handle] }])
    }
  })
})

describe('while the invalidation channel is down', () => {
  async function behindProxy() {
    const proxy: TcpProxy = await startTcpProxy(server.port)
    const store = await RedisSessionStore.connect(configFor(server.port), { log })
    const replica = await startReplica(proxy.port)
    const signedIn = await signIn(store)
    assert.equal(await replica.resolve(signedIn.credential), 'session')
    return {
      ...signedIn,
      proxy,
      store,
      replica,
      async [Symbol.asyncDispose]() {
        await replica[Symbol.asyncDispose]()
        await store[Symbol.asyncDispose]()
        await proxy[Symbol.asyncDispose]()
      },
    }
  }

  it('nothing is answered from copies, and an end meanwhile is seen at once afterwards', async () => {
    await using opened = await behindProxy()
    await opened.proxy.refuse()
    await eventually('the store counts as unavailable', 500, async () => {
      return (await opened.replica.resolve(opened.credential)) === 'unavailable'
    })
    await opened.store.end(opened.session.handle)
    await opened.proxy.heal()
    const answers = new Set<string>()
    await eventually('the session is refused', 2000, async () => {
      const answer = await opened.replica.resolve(opened.credential)
      answers.add(answer)
      return answer === 'refused'
    })
    assert.ok(!answers.has('session'), 'an ended session was accepted')
  })

  it('which a dead connection is noticed to be within two seconds, and the session lives on after it', async () => {
    await using opened = await behindProxy()
    await copyInUse(opened.replica, opened.credential)
    opened.proxy.blackHoleOpen()
    await opened.store.end(opened.session.handle)
    const tookMs = await eventually('the session is refused', 2500, async () => {
      return (await opened.replica.resolve(opened.credential)) === 'refused'
    })
    assert.ok(tookMs < 2000, `took ${String(Math.round(tookMs))} ms`)
    const other = await signIn(opened.store)
    await copyInUse(opened.replica, other.credential)
  })

  async function copyInUse(replica: Replica, credential: string): Promise<void> {
    await eventually('the session is answered from a copy', 2000, async () => {
      await replica.resolve(credential)
      return (await readsOf(() => replica.resolve(credential))) === 0
    })
  }

  async function readsOf(action: () => Promise<unknown>): Promise<number> {
    await raw.config('RESETSTAT')
    await action()
    return Number(/cmdstat_get:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1] ?? 0)
  }
})
