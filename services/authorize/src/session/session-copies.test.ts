import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import type { SessionChangeListener, SessionLookup, SessionReader } from '@postern/shared/session/session-store.ts'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'
import { SessionCopies, type SessionsChanged } from './session-copies.ts'

/** A store whose reads are answered when the test says so. */
class ScriptedReader implements SessionReader {
  readonly reads: { handle: SessionHandle; answer: (lookup: SessionLookup) => void }[] = []
  listener: SessionChangeListener | undefined

  find(handle: SessionHandle): Promise<SessionLookup> {
    const { promise, resolve } = Promise.withResolvers<SessionLookup>()
    this.reads.push({ handle, answer: resolve })
    return promise
  }

  watch(listener: SessionChangeListener): Disposable {
    this.listener = listener
    return { [Symbol.dispose]: () => (this.listener = undefined) }
  }
}

const session = aSession(0)
const { handle } = session
const absent: SessionLookup = { kind: 'absent' }
const found = (which: Session = session): SessionLookup => ({ kind: 'found', session: which })

function opened(isUp = true) {
  const reader = new ScriptedReader()
  const copies = new SessionCopies(reader)
  const told: SessionsChanged[] = []
  copies.onChanged((change) => told.push(change))
  const channel = reader.listener
  assert.ok(channel)
  if (isUp) channel.channelUp()
  const read = (at: number): (typeof reader.reads)[number] => {
    const started = reader.reads[at]
    assert.ok(started, `read ${String(at)} was not started`)
    return started
  }
  return { reader, copies, channel, told, read, [Symbol.dispose]: () => copies[Symbol.dispose]() }
}

async function copied(copies: ReturnType<typeof opened>): Promise<void> {
  const lookup = copies.copies.find(handle)
  copies.read(copies.reader.reads.length - 1).answer(found())
  await lookup
}

describe('local copies of sessions', () => {
  it('are read from the store once while the channel is up', async () => {
    using opening = opened()
    await copied(opening)
    assert.deepEqual(await opening.copies.find(handle), found())
    assert.equal(opening.reader.reads.length, 1)
  })

  it('are fewer for people in thousands of groups: memory is bounded, not the number of people', async () => {
    using opening = opened()
    const { copies, reader } = opening
    const groups = Array.from({ length: 5_000 }, () => 'x'.repeat(40))
    const heavy = { ...session, identity: { ...session.identity, claims: { groups } } }
    const handles = Array.from({ length: 200 }, (_, index) => `person-${String(index)}` as SessionHandle)
    for (const [index, person] of handles.entries()) {
      const lookup = copies.find(person)
      reader.reads[index]?.answer(found({ ...heavy, handle: person }))
      await lookup
    }
    void copies.find(handles.at(-1) ?? handle)
    assert.equal(reader.reads.length, 200)
    void copies.find(handles[0] ?? handle)
    assert.equal(reader.reads.length, 201)
  })

  it('are not used before the channel is up, nor while it is down', async () => {
    using opening = opened(false)
    await copied(opening)
    await copied(opening)
    opening.channel.channelUp()
    await copied(opening)
    opening.channel.channelDown()
    await copied(opening)
    opening.channel.channelUp()
    await copied(opening)
    assert.equal(opening.reader.reads.length, 5)
  })

  it('share one read among checks that ask at the same time', async () => {
    using opening = opened()
    const lookups = [1, 2, 3].map(() => opening.copies.find(handle))
    opening.read(0).answer(found())
    assert.deepEqual(await Promise.all(lookups), [found(), found(), found()])
    assert.equal(opening.reader.reads.length, 1)
  })

  it('share no read while the channel is down: it may have begun before a change', async () => {
    using opening = opened(false)
    const lookups = [1, 2].map(() => opening.copies.find(handle))
    opening.read(0).answer(found())
    opening.read(1).answer(absent)
    assert.deepEqual(await Promise.all(lookups), [found(), absent])
  })

  it('are forgotten on a change', async () => {
    using opening = opened()
    await copied(opening)
    opening.channel.changed([handle])
    const lookup = opening.copies.find(handle)
    opening.read(1).answer(absent)
    assert.deepEqual(await lookup, absent)
  })

  it('do not come from a read that a change overtook', async () => {
    using opening = opened()
    const before = opening.copies.find(handle)
    opening.channel.changed([handle])
    const after = opening.copies.find(handle)
    opening.read(1).answer(absent)
    opening.read(0).answer(found())
    assert.deepEqual([await before, await after], [found(), absent])
    const later = opening.copies.find(handle)
    opening.read(2).answer(absent)
    assert.deepEqual(await later, absent)
  })

  for (const [what, happen] of [
    ['everything changed', (channel: SessionChangeListener) => channel.allChanged()],
    [
      'the channel was down in between',
      (channel: SessionChangeListener) => (channel.channelDown(), channel.channelUp()),
    ],
  ] as const) {
    it(`do not come from a read during which ${what}`, async () => {
      using opening = opened()
      const before = opening.copies.find(handle)
      happen(opening.channel)
      opening.read(0).answer(found())
      await before
      const later = opening.copies.find(handle)
      opening.read(1).answer(absent)
      assert.deepEqual(await later, absent)
    })
  }

  it('are not kept of answers that are none', async () => {
    using opening = opened()
    for (const answer of [absent, { kind: 'unavailable', cause: 'test' } as const]) {
      const lookup = opening.copies.find(handle)
      opening.read(opening.reader.reads.length - 1).answer(answer)
      assert.deepEqual(await lookup, answer)
    }
    await copied(opening)
    assert.equal(opening.reader.reads.length, 3)
  })
})

describe('changes of sessions', () => {
  it('are told at once for a session of which there is no copy', () => {
    using opening = opened()
    opening.channel.changed([handle])
    assert.deepEqual(opening.told, [{ kind: 'sessions', handles: [handle] }])
  })

  for (const [what, answer, expected] of [
    ['ended', absent, 1],
    ['was replaced', found({ ...session, version: 2 }), 1],
    ['cannot be read', { kind: 'unavailable', cause: 'test' }, 1],
    ['was merely used', found({ ...session, lastUsedAtMs: 5 }), 0],
  ] satisfies [string, SessionLookup, number][]) {
    it(`are ${expected === 1 ? 'told' : 'not told'} when the session ${what}`, async () => {
      using opening = opened()
      await copied(opening)
      opening.channel.changed([handle])
      opening.read(1).answer(answer)
      await new Promise(setImmediate)
      assert.deepEqual(opening.told, Array(expected).fill({ kind: 'sessions', handles: [handle] }))
    })
  }

  it('are told of all sessions when all may have changed', () => {
    using opening = opened()
    opening.channel.allChanged()
    assert.deepEqual(opening.told, [{ kind: 'all' }])
  })
})
