import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { handleOf, newSessionId } from '@postern/shared/session/session-id.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import type { SessionReader } from '@postern/shared/session/session-store.ts'
import type { Session } from '@postern/shared/session/session.ts'
import { counted } from '../../../../test/support/counted.ts'
import { AuthorizeMetrics } from '../metrics.ts'
import { CredentialResolver } from './credential-resolver.ts'
import { SessionCopies } from './session-copies.ts'

const now = new Date('2026-05-04T03:02:01Z')
const later = (ms: number): Date => new Date(now.getTime() + ms)
const host = 'a.example.com'
const credentials = new SessionCredentials([randomBytes(32)], 'authenticate.example.com')
const sessionId = newSessionId(randomBytes)
const credential = await credentials.issue({ sessionId, host, issuedAt: now, expiresAt: later(3_600_000) })

async function resolving(chosen: Partial<Session> = {}, lastUse?: () => number) {
  const store = new MemorySessionStore({ now: () => now })
  const session = aSession(now.getTime(), { handle: handleOf(sessionId), ...chosen })
  await store.create(session)
  const metrics = new Metrics()
  const own = new AuthorizeMetrics(metrics)
  const copies = new SessionCopies(store, own)
  const resolver = new CredentialResolver({ credentials, copies, metrics: own, ...(lastUse ? { lastUse } : {}) })
  return {
    metrics,
    store,
    session,
    at: (presented: string | undefined, when = now, where = host) => resolver.resolveCredential(presented, where, when),
    async [Symbol.asyncDispose]() {
      copies[Symbol.dispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

describe('a presented credential', () => {
  it('names its session, the first time and from memory', async () => {
    await using resolver = await resolving()
    const expected = { kind: 'session', session: resolver.session, sessionId }
    assert.deepEqual(await resolver.at(credential), expected)
    assert.deepEqual(await resolver.at(credential), expected)
  })

  it('is counted when its session is missing, apart from those that are refused (security case REL-B4)', async () => {
    await using resolver = await resolving()
    await resolver.at(credential)
    await resolver.at(credential, now, 'b.example.com')
    await resolver.at('not one of ours')
    await resolver.store.end(resolver.session.handle)
    await resolver.at(credential)
    const refused = (reason: string): number =>
      counted(resolver.metrics, 'postern_authorize_credentials_refused_total', { reason })
    assert.deepEqual([refused('claims'), refused('malformed')], [1, 1])
    assert.equal(counted(resolver.metrics, 'postern_authorize_sessions_missing_total'), 1)
  })

  it('is counted by where its session was found', async () => {
    await using resolver = await resolving()
    await new Promise((resolve) => setImmediate(resolve)) // the store tells that the channel is up
    for (let time = 0; time < 3; time += 1) await resolver.at(credential)
    const found = (source: string): number =>
      counted(resolver.metrics, 'postern_authorize_session_lookups_total', { source, result: 'found' })
    assert.deepEqual([found('store'), found('copy')], [1, 2])
  })

  it('is nothing when there is none', async () => {
    await using resolver = await resolving()
    assert.deepEqual(await resolver.at(undefined), { kind: 'none' })
    assert.deepEqual(await resolver.at(''), { kind: 'none' })
  })

  it('is refused at another host, even after it was accepted at its own', async () => {
    await using resolver = await resolving()
    await resolver.at(credential)
    assert.deepEqual(await resolver.at(credential, now, 'b.example.com'), { kind: 'refused', why: 'claims' })
    assert.equal((await resolver.at(credential)).kind, 'session')
  })

  it('is refused after its expiry, even after it was accepted before', async () => {
    await using resolver = await resolving({ expiresAtMs: later(9_000_000).getTime() })
    assert.equal((await resolver.at(credential, later(3_599_999))).kind, 'session')
    assert.deepEqual(await resolver.at(credential, later(3_600_000)), { kind: 'refused', why: 'expired' })
  })

  it('is refused when its session ended', async () => {
    await using resolver = await resolving()
    await resolver.at(credential)
    await resolver.store.end(resolver.session.handle)
    assert.deepEqual(await resolver.at(credential), { kind: 'refused', why: 'no-session' })
  })

  it('is refused when its session is over, though the store still has it', async () => {
    await using resolver = await resolving({ expiresAtMs: later(1000).getTime() })
    assert.equal((await resolver.at(credential, later(999))).kind, 'session')
    assert.deepEqual(await resolver.at(credential, later(1000)), { kind: 'refused', why: 'session-over' })
  })

  it('is refused when its session was idle too long, unless it was used here meanwhile', async () => {
    await using idle = await resolving({ idleTimeoutMs: 1000 })
    assert.deepEqual(await idle.at(credential, later(1000)), { kind: 'refused', why: 'session-over' })
    await using used = await resolving({ idleTimeoutMs: 1000 }, () => later(500).getTime())
    assert.equal((await used.at(credential, later(1000))).kind, 'session')
  })

  it('costs no read when it is forged', async () => {
    const asked: string[] = []
    const reader: SessionReader = {
      find: (handle) => (asked.push(handle), Promise.resolve({ kind: 'absent' })),
      watch: () => ({ [Symbol.dispose]: () => undefined }),
    }
    using copies = new SessionCopies(reader)
    const resolver = new CredentialResolver({ credentials, copies })
    const forger = new SessionCredentials([randomBytes(32)], 'authenticate.example.com')
    const forged = await forger.issue({ sessionId, host, issuedAt: now, expiresAt: later(1000) })
    for (const presented of [forged, 'nonsense', credential.slice(0, -1)]) {
      assert.equal((await resolver.resolveCredential(presented, host, now)).kind, 'refused')
    }
    assert.deepEqual(asked, [])
  })

  it('is neither accepted nor refused when the store cannot answer', async () => {
    const reader: SessionReader = {
      find: () => Promise.resolve({ kind: 'unavailable', cause: new Error('down') }),
      watch: () => ({ [Symbol.dispose]: () => undefined }),
    }
    using copies = new SessionCopies(reader)
    const resolver = new CredentialResolver({ credentials, copies })
    await assert.rejects(
      resolver.resolveCredential(credential, host, now),
      (error) => error instanceof PosternError && error.code === 'SESSION_STORE_UNAVAILABLE',
    )
  })
})
