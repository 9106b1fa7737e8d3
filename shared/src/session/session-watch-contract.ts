import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aSession, type OpenedStore } from './a-session-contract.ts'
import type { SessionChangeListener, SessionStore } from './session-store.ts'
import type { SessionHandle } from './session.ts'

/** What a store promises to those who watch it. */
export function watchContract(open: () => Promise<OpenedStore>): void {
  it('tells of creation, replacement, use and end, each within 100 ms', async () => {
    await using opened = await open()
    await using watching = await watch(opened.store)
    const session = aSession(opened.nowMs())
    const writes = [
      () => opened.store.create(session),
      () => opened.store.replace({ ...session, version: 2 }),
      () => opened.store.touch(session.handle, session.lastUsedAtMs + 1),
      () => opened.store.end(session.handle),
    ]
    for (const write of writes) {
      watching.changed.clear()
      await write()
      await watching.heardOf(session.handle)
    }
  })

  it('tells of every session that a person’s sign-out everywhere ended', async () => {
    await using opened = await open()
    const sessions = [aSession(opened.nowMs()), aSession(opened.nowMs())]
    for (const session of sessions) await opened.store.create(session)
    await using watching = await watch(opened.store)
    await opened.store.endByUser('https://idp.example.com', 'ada')
    for (const { handle } of sessions) await watching.heardOf(handle)
  })

  it('tells of a session that ran out', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs(), { expiresAtMs: opened.nowMs() + 200 })
    await opened.store.create(session)
    await using watching = await watch(opened.store)
    await opened.advance(200)
    await watching.heardOf(session.handle, 3000) // Redis looks at a sample of its keys ten times a second
  })

  it('tells nothing any more once the watch ended', async () => {
    await using opened = await open()
    const session = aSession(opened.nowMs())
    const watching = await watch(opened.store)
    await watching[Symbol.asyncDispose]()
    await opened.store.create(session)
    await sleep(30)
    assert.equal(watching.changed.size, 0)
  })
}

interface Watching extends AsyncDisposable {
  readonly changed: Set<SessionHandle>
  heardOf(handle: SessionHandle, withinMs?: number): Promise<void>
}

async function watch(store: SessionStore): Promise<Watching> {
  const changed = new Set<SessionHandle>()
  const up = Promise.withResolvers<undefined>()
  const listener: SessionChangeListener = {
    changed: (handles) => handles.forEach((handle) => changed.add(handle)),
    allChanged: () => undefined,
    channelDown: () => undefined,
    channelUp: () => up.resolve(undefined),
  }
  const watched = store.watch(listener)
  await up.promise
  return {
    changed,
    async heardOf(handle, withinMs = 100) {
      const start = performance.now()
      while (!changed.has(handle) && performance.now() - start < withinMs) await sleep(2)
      assert.ok(changed.has(handle), `heard nothing of the session for ${String(withinMs)} ms`)
    },
    [Symbol.asyncDispose]() {
      watched[Symbol.dispose]()
      return Promise.resolve()
    },
  }
}
