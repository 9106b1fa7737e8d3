import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aSession, type OpenedStore } from './a-session-contract.ts'
import { directoryContract } from './session-directory-contract.ts'
import { watchContract } from './session-watch-contract.ts'
import type { Session } from './session.ts'
import type { SessionLock, SessionStore } from './session-store.ts'

/** What every session store promises. Each implementation runs it. */
export function sessionStoreContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} keeps sessions`, () => recordContract(open))
  describe(`${name} lets sessions run out`, () => lifetimeContract(open))
  describe(`${name} ends sessions`, () => endContract(open))
  describe(`${name} shows operators who is signed in`, () => directoryContract(open))
  describe(`${name} claims and locks`, () => exclusionContract(open))
  describe(`${name} tells of changes`, () => watchContract(open))
}

function recordContract(open: () => Promise<OpenedStore>): void {
  it('finds what was created, member for member', async () => {
    await using opened = await open()
    const plain = aSession(opened.nowMs(), { idpSid: undefined, refreshDueAtMs: undefined })
    const full = aSession(opened.nowMs(), {
      refreshDueAtMs: opened.nowMs() + 5,
      idleTimeoutMs: 30_000,
      identity: { userId: 'ü|:1 "x"', email: undefined, name: undefined, claims: { __proto__x: [null], a: [1.5, ''] } },
    })
    for (const session of [plain, full]) {
      assert.deepEqual(await opened.store.create(session), { kind: 'done' })
      assert.deepEqual(await opened.store.find(session.handle), { kind: 'found', session })
    }
  })

  it('does not find what nobody created', async () => {
    await using opened = await open()
    assert.deepEqual(await opened.store.find(aSession(0).handle), { kind: 'absent' })
  })

  it('refuses to create over a living record', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs())
    await opened.store.create(session)
    assert.deepEqual(await opened.store.create({ ...session, idpId: 'other' }), { kind: 'conflict' })
    assert.deepEqual(await opened.store.find(session.handle), { kind: 'found', session })
  })

  it('replaces the version before, and no other', async () => {
    await using opened = await open()
    const first = aSession(opened.nowMs())
    const second = { ...first, version: 2, sealedTokens: 'second' }
    await opened.store.create(first)
    assert.deepEqual(await opened.store.replace(second), { kind: 'done' })
    assert.deepEqual(await opened.store.replace({ ...second, sealedTokens: 'late' }), { kind: 'conflict' })
    assert.deepEqual(await opened.store.replace({ ...second, version: 4 }), { kind: 'conflict' })
    assert.deepEqual(await opened.store.find(first.handle), { kind: 'found', session: second })
  })

  it('takes the same write twice for one, and a different one for a conflict', async () => {
    await using opened = await open()
    const first = aSession(opened.nowMs())
    const second = { ...first, version: 2, sealedTokens: 'second' }
    await opened.store.create(first)
    await opened.store.touch(first.handle, first.lastUsedAtMs + 1)
    assert.deepEqual(await opened.store.create(first), { kind: 'done' })
    await opened.store.replace(second)
    assert.deepEqual(await opened.store.replace(second), { kind: 'done' })
    assert.deepEqual(await opened.store.create(first), { kind: 'conflict' })
    const session = { ...second, lastUsedAtMs: first.lastUsedAtMs + 1 }
    assert.deepEqual(await opened.store.find(first.handle), { kind: 'found', session })
  })

  it('lets exactly one of two racing replacements through', async () => {
    await using opened = await open()
    const first = aSession(opened.nowMs())
    await opened.store.create(first)
    const answers = await Promise.all(
      ['a', 'b'].map((sealedTokens) => opened.store.replace({ ...first, version: 2, sealedTokens })),
    )
    assert.deepEqual(answers.map((answer) => answer.kind).sort(), ['conflict', 'done'])
  })

  it('does not bring an ended session back by replacing it', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs())
    await opened.store.create(session)
    await opened.store.end(session.handle)
    assert.deepEqual(await opened.store.replace({ ...session, version: 2 }), { kind: 'conflict' })
    assert.deepEqual(await opened.store.find(session.handle), { kind: 'absent' })
  })

  it('keeps the last use when a replacement knows only an earlier one', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs())
    const usedAtMs = session.lastUsedAtMs + 5
    await opened.store.create(session)
    await opened.store.touch(session.handle, usedAtMs)
    await opened.store.replace({ ...session, version: 2 })
    const expected = { ...session, version: 2, lastUsedAtMs: usedAtMs }
    assert.deepEqual(await opened.store.find(session.handle), { kind: 'found', session: expected })
  })

  it('answers a ping', async () => {
    await using opened = await open()
    assert.deepEqual(await opened.store.ping(), { kind: 'up' })
  })
}

function lifetimeContract(open: () => Promise<OpenedStore>): void {
  it('does not return a session past its absolute end, used or not', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs(), { expiresAtMs: opened.nowMs() + 150, idleTimeoutMs: 60_000 })
    await opened.store.create(session)
    await opened.advance(50)
    await opened.store.touch(session.handle, opened.nowMs())
    await opened.advance(130)
    assert.deepEqual(await opened.store.find(session.handle), { kind: 'absent' })
  })

  it('does not return a session that was not used for its idle time', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs(), { idleTimeoutMs: 100 })
    await opened.store.create(session)
    await opened.advance(130)
    assert.deepEqual(await opened.store.find(session.handle), { kind: 'absent' })
  })

  it('returns a session that was used in time, with its version as it was', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs(), { idleTimeoutMs: 1_000 })
    await opened.store.create(session)
    await opened.advance(600)
    const usedAtMs = opened.nowMs()
    assert.deepEqual(await opened.store.touch(session.handle, usedAtMs), { kind: 'done' })
    await opened.advance(600)
    const expected = { ...session, lastUsedAtMs: usedAtMs }
    assert.deepEqual(await opened.store.find(session.handle), { kind: 'found', session: expected })
  })

  it('never moves the last use back', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs())
    await opened.store.create(session)
    assert.deepEqual(await opened.store.touch(session.handle, session.lastUsedAtMs - 1000), { kind: 'done' })
    assert.deepEqual(await opened.store.find(session.handle), { kind: 'found', session })
  })

  it('does not bring an ended or expired session back by touching it', async () => {
    await using opened = await open()
    const ended = aSession(opened.nowMs())
    const expired = aSession(opened.nowMs(), { expiresAtMs: opened.nowMs() + 20 })
    await opened.store.create(ended)
    await opened.store.create(expired)
    await opened.store.end(ended.handle)
    await opened.advance(40)
    for (const { handle } of [ended, expired]) {
      assert.deepEqual(await opened.store.touch(handle, opened.nowMs()), { kind: 'conflict' })
      assert.deepEqual(await opened.store.find(handle), { kind: 'absent' })
    }
  })

  it('accepts a session that is over already, and does not return it', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs(), { expiresAtMs: opened.nowMs() - 1 })
    assert.deepEqual(await opened.store.create(session), { kind: 'done' })
    assert.deepEqual(await opened.store.find(session.handle), { kind: 'absent' })
  })
}

function endContract(open: () => Promise<OpenedStore>): void {
  it('ends one session and leaves the others of that person', async () => {
    await using opened = await open()
    const [one, other] = [aSession(opened.nowMs()), aSession(opened.nowMs())]
    for (const session of [one, other]) await opened.store.create(session)
    assert.deepEqual(await opened.store.end(one.handle), { kind: 'done' })
    assert.deepEqual(await opened.store.end(one.handle), { kind: 'done' })
    assert.deepEqual(await opened.store.find(one.handle), { kind: 'absent' })
    assert.equal((await opened.store.find(other.handle)).kind, 'found')
  })

  it('ends every session of a person at one issuer, and nobody else’s (SES-22)', async () => {
    await using opened = await open()
    const identity = aSession(0).identity
    const mine = [aSession(opened.nowMs()), aSession(opened.nowMs(), { idpSid: undefined })]
    const others = [
      aSession(opened.nowMs(), { issuer: 'https://other.example.com' }),
      aSession(opened.nowMs(), { identity: { ...identity, userId: 'grace' } }),
    ]
    for (const session of [...mine, ...others]) await opened.store.create(session)
    assert.deepEqual(await opened.store.endByUser('https://idp.example.com', 'ada'), { kind: 'done', count: 2 })
    assert.deepEqual(await opened.store.endByUser('https://idp.example.com', 'ada'), { kind: 'done', count: 0 })
    for (const { handle } of mine) assert.deepEqual(await opened.store.find(handle), { kind: 'absent' })
    for (const { handle } of others) assert.equal((await opened.store.find(handle)).kind, 'found')
  })

  it('ends the sessions of a person by what the IdP calls them, where the user id is another claim', async () => {
    await using opened = await open()
    const identity = (userId: string, subject: string): Session['identity'] => ({
      ...aSession(0).identity,
      userId,
      claims: { sub: [subject], oid: [userId] },
    })
    const [one, two, other] = [
      aSession(opened.nowMs(), { identity: identity('ada', 'pairwise-7') }),
      aSession(opened.nowMs(), { identity: identity('ada', 'pairwise-7') }),
      aSession(opened.nowMs(), { identity: identity('grace', 'pairwise-8') }),
    ]
    for (const session of [one, two, other]) await opened.store.create(session)
    await opened.store.end(one.handle)
    assert.deepEqual(await opened.store.endByUser(two.issuer, 'pairwise-7'), { kind: 'done', count: 1 })
    assert.deepEqual(await opened.store.endByUser(two.issuer, 'ada'), { kind: 'done', count: 0 })
    assert.deepEqual(await opened.store.endByUser(two.issuer, 'grace'), { kind: 'done', count: 1 })
    assert.deepEqual(await opened.store.endByUser(two.issuer, 'pairwise-8'), { kind: 'done', count: 0 })
  })

  it('finds a session that was written without that name by it after the next replacement', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs())
    await opened.store.create(session)
    const claims = { ...session.identity.claims, sub: ['pairwise-7'] }
    await opened.store.replace({ ...session, version: 2, identity: { ...session.identity, claims } })
    assert.deepEqual(await opened.store.endByUser(session.issuer, 'pairwise-7'), { kind: 'done', count: 1 })
  })

  it('ends the sessions of one IdP session, and no other', async () => {
    await using opened = await open()
    const mine = aSession(opened.nowMs(), { idpSid: 'a' })
    const other = aSession(opened.nowMs(), { idpSid: 'b' })
    for (const session of [mine, other]) await opened.store.create(session)
    assert.deepEqual(await opened.store.endByIdpSid(mine.issuer, 'a'), { kind: 'done', count: 1 })
    assert.deepEqual(await opened.store.find(mine.handle), { kind: 'absent' })
    assert.equal((await opened.store.find(other.handle)).kind, 'found')
  })

  it('counts neither ended nor expired sessions', async () => {
    await using opened = await open()
    const ended = aSession(opened.nowMs())
    const expired = aSession(opened.nowMs(), { expiresAtMs: opened.nowMs() + 20 })
    const live = aSession(opened.nowMs())
    for (const session of [ended, expired, live]) await opened.store.create(session)
    await opened.store.end(ended.handle)
    await opened.advance(40)
    assert.deepEqual(await opened.store.endByUser(live.issuer, 'ada'), { kind: 'done', count: 1 })
  })

  it('finds a session by its IdP session after a replacement changed it', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs(), { idpSid: 'a' })
    await opened.store.create(session)
    await opened.store.replace({ ...session, version: 2, idpSid: 'b' })
    assert.deepEqual(await opened.store.endByIdpSid(session.issuer, 'a'), { kind: 'done', count: 0 })
    assert.deepEqual(await opened.store.endByIdpSid(session.issuer, 'b'), { kind: 'done', count: 1 })
  })
}

function exclusionContract(open: () => Promise<OpenedStore>): void {
  it('gives a claim to exactly one of many', async () => {
    await using opened = await open()
    const answers = await Promise.all(Array.from({ length: 10 }, () => opened.store.claimOnce('ticket', 1000)))
    assert.equal(answers.filter((answer) => answer.kind === 'first').length, 1)
    assert.equal(answers.filter((answer) => answer.kind === 'repeated').length, 9)
    assert.deepEqual(await opened.store.claimOnce('another ticket', 1000), { kind: 'first' })
  })

  it('forgets a claim after its lifetime', async () => {
    await using opened = await open()
    await opened.store.claimOnce('ticket', 40)
    await opened.advance(60)
    assert.deepEqual(await opened.store.claimOnce('ticket', 40), { kind: 'first' })
  })

  it('gives a lock to one holder at a time', async () => {
    await using opened = await open()
    const lock = await acquire(opened.store, 10_000)
    assert.deepEqual(await opened.store.acquireLock('refresh', 10_000), { kind: 'held' })
    await lock.release()
    await acquire(opened.store, 10_000)
  })

  it('keeps a renewed lock, and tells a holder who was too slow', async () => {
    await using opened = await open()
    const slow = await acquire(opened.store, 200)
    await opened.advance(120)
    assert.equal(await slow.renew(), true)
    await opened.advance(120)
    assert.deepEqual(await opened.store.acquireLock('refresh', 200), { kind: 'held' })
    await opened.advance(120)
    await acquire(opened.store, 10_000)
    assert.equal(await slow.renew(), false)
    await slow.release()
    assert.deepEqual(await opened.store.acquireLock('refresh', 200), { kind: 'held' })
  })
}

async function acquire(store: SessionStore, lifetimeMs: number): Promise<SessionLock> {
  const attempt = await store.acquireLock('refresh', lifetimeMs)
  assert.equal(attempt.kind, 'acquired')
  return attempt.lock
}
