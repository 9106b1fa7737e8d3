import assert from 'node:assert/strict'
import { it } from 'node:test'
import { aSession, type OpenedStore } from './a-session-contract.ts'
import type { SessionList } from './session-directory.ts'
import type { Session } from './session.ts'

/** What a store promises to operators. */
export function directoryContract(open: () => Promise<OpenedStore>): void {
  it('lists living sessions, those that end last first, and says whether there are more', async () => {
    await using opened = await open()
    const nowMs = opened.nowMs()
    const [short, long, idle] = [
      aSession(nowMs, { expiresAtMs: nowMs + 20_000 }),
      aSession(nowMs, { expiresAtMs: nowMs + 50_000 }),
      aSession(nowMs, { expiresAtMs: nowMs + 60_000, idleTimeoutMs: 30_000 }),
    ]
    for (const session of [short, long, idle]) await opened.store.create(session)
    assert.deepEqual(await opened.store.list(3), listed([long, idle, short]))
    assert.deepEqual(await opened.store.list(2), { ...listed([long, idle]), hasMore: true })
  })

  it('lists nothing that has ended, was replaced or ran out', async () => {
    await using opened = await open()
    const nowMs = opened.nowMs()
    const [ended, over, unused, kept] = [
      aSession(nowMs),
      aSession(nowMs, { expiresAtMs: nowMs + 30 }),
      aSession(nowMs, { idleTimeoutMs: 30 }),
      aSession(nowMs),
    ]
    const next = { ...kept, version: 2, sealedTokens: 'next' }
    for (const session of [ended, over, unused, kept]) await opened.store.create(session)
    await opened.store.end(ended.handle)
    await opened.store.replace(next)
    await opened.advance(40)
    assert.deepEqual(await opened.store.list(10), listed([next]))
    assert.deepEqual(await opened.store.listByPerson('ada'), listed([next]))
  })

  it('keeps a session listed for as long as its use keeps it alive', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs(), { idleTimeoutMs: 600 })
    await opened.store.create(session)
    await opened.advance(400)
    const lastUsedAtMs = opened.nowMs()
    await opened.store.touch(session.handle, lastUsedAtMs)
    await opened.advance(400)
    await opened.store.create(aSession(opened.nowMs(), { expiresAtMs: opened.nowMs() + 10 })) // drops what is over
    await opened.advance(20)
    assert.deepEqual(await opened.store.list(10), listed([{ ...session, lastUsedAtMs }]))
  })

  it('finds a person by e-mail address or user id, at any issuer, in any case, and nobody else', async () => {
    await using opened = await open()
    const nowMs = opened.nowMs()
    const person = (userId: string, email: string | undefined) => ({ ...aSession(0).identity, userId, email })
    const mine = [
      aSession(nowMs, { identity: person('ÄDA-1', 'Ada@Example.com') }),
      aSession(nowMs, { identity: person('äda-1', undefined), issuer: 'https://other.example.com' }),
    ]
    const others = aSession(nowMs, { identity: person('grace', 'grace@example.com') })
    for (const session of [...mine, others]) await opened.store.create(session)
    const handlesOf = async (name: string) => {
      const found = await opened.store.listByPerson(name)
      return new Set(found.kind === 'listed' ? found.sessions.map(({ handle }) => handle) : [])
    }
    assert.deepEqual(await handlesOf('äda-1'), new Set(mine.map(({ handle }) => handle)))
    assert.deepEqual(await handlesOf('ADA@example.com'), new Set([mine[0]?.handle]))
    assert.deepEqual(await handlesOf('ada'), new Set())
  })

  it('finds a person under what a replacement changed', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs())
    const next = { ...session, version: 2, identity: { ...session.identity, email: 'lovelace@example.com' } }
    await opened.store.create(session)
    await opened.store.replace(next)
    assert.deepEqual(await opened.store.listByPerson('ada@example.com'), listed([]))
    assert.deepEqual(await opened.store.listByPerson('lovelace@example.com'), listed([next]))
  })

  it('ends everything, however much there is', async () => {
    await using opened = await open()
    const sessions = Array.from({ length: 450 }, () => aSession(opened.nowMs()))
    await Promise.all(sessions.map((session) => opened.store.create(session)))
    assert.deepEqual(await opened.store.endAll(), { kind: 'done', count: 450 })
    assert.deepEqual(await opened.store.endAll(), { kind: 'done', count: 0 })
    assert.deepEqual(await opened.store.list(10), listed([]))
    for (const { handle } of sessions.slice(0, 3)) {
      assert.deepEqual(await opened.store.find(handle), { kind: 'absent' })
    }
  })
}

function listed(sessions: readonly Session[]): SessionList {
  return { kind: 'listed', sessions, hasMore: false }
}
