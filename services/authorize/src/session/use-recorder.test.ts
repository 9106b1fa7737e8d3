import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Logger } from '@postern/shared/log/logger.ts'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { type SessionUse, UseRecorder } from './use-recorder.ts'

const minute = 60_000
const hour = 60 * minute

function recording() {
  const state = { nowMs: 10 * hour, fails: false, warnings: 0 }
  const batches: (readonly SessionUse[])[] = []
  const log = { warn: () => (state.warnings += 1) } as unknown as Logger
  const recorder = new UseRecorder({
    report: (uses) => {
      if (state.fails) return Promise.reject(new Error('away'))
      batches.push(uses)
      return Promise.resolve()
    },
    log,
    clock: { now: () => new Date(state.nowMs) },
  })
  return { state, batches, recorder, [Symbol.asyncDispose]: () => recorder[Symbol.asyncDispose]() }
}

describe('UseRecorder', () => {
  it('reports a use at once when the last is long ago, several sessions in one batch', async () => {
    await using opened = recording()
    const sessions = [1, 2].map(() => aSession(opened.state.nowMs - hour, { idleTimeoutMs: 2 * hour }))
    for (const session of sessions) opened.recorder.record(session, opened.state.nowMs)
    await opened.recorder.reportDue()
    const expected = sessions.map(({ handle }) => ({ handle, lastUsedAtMs: opened.state.nowMs }))
    assert.deepEqual(opened.batches, [expected])
  })

  it('reports at most once a minute, and then the last use', async () => {
    await using opened = recording()
    const { state, recorder, batches } = opened
    const startMs = state.nowMs
    const session = aSession(startMs - hour, { idleTimeoutMs: 2 * hour })
    for (; state.nowMs < startMs + 3 * minute; state.nowMs += 1000) {
      recorder.record(session, state.nowMs)
      await recorder.reportDue()
    }
    assert.deepEqual(
      batches.flat().map(({ lastUsedAtMs }) => lastUsedAtMs - startMs),
      [0, minute, 2 * minute],
    )
  })

  it('waits with a session that signed in just now', async () => {
    await using opened = recording()
    const session = aSession(opened.state.nowMs - 1000, { idleTimeoutMs: 2 * hour })
    opened.recorder.record(session, opened.state.nowMs)
    await opened.recorder.reportDue()
    assert.deepEqual(opened.batches, [])
    assert.equal(opened.recorder.lastUse(session.handle), opened.state.nowMs)
  })

  it('reports more often where the idle limit is short', async () => {
    await using opened = recording()
    const session = aSession(opened.state.nowMs - 600, { idleTimeoutMs: 5000 })
    opened.recorder.record(session, opened.state.nowMs)
    await opened.recorder.reportDue()
    assert.equal(opened.batches.length, 1)
  })

  it('does not report sessions without an idle limit', async () => {
    await using opened = recording()
    opened.recorder.record(aSession(0, { idleTimeoutMs: 0 }), opened.state.nowMs)
    await opened.recorder.reportDue()
    assert.deepEqual(opened.batches, [])
  })

  it('tries again what could not be reported, and complains once', async () => {
    await using opened = recording()
    const { state, recorder, batches } = opened
    const session = aSession(0, { idleTimeoutMs: 2 * hour })
    state.fails = true
    recorder.record(session, state.nowMs)
    for (let second = 0; second < 20; second += 1) {
      await recorder.reportDue()
      state.nowMs += 1000
    }
    state.fails = false
    await recorder.reportDue()
    assert.equal(state.warnings, 1)
    assert.deepEqual(batches, [[{ handle: session.handle, lastUsedAtMs: 10 * hour }]])
  })

  it('forgets sessions that are not used any more', async () => {
    await using opened = recording()
    const { state, recorder } = opened
    const session = aSession(0, { idleTimeoutMs: 2 * hour })
    recorder.record(session, state.nowMs)
    await recorder.reportDue()
    state.nowMs += 2 * minute
    await recorder.reportDue()
    assert.equal(recorder.lastUse(session.handle), undefined)
  })

  it('reports what is left when it ends', async () => {
    const opened = recording()
    const session = aSession(opened.state.nowMs - 1000, { idleTimeoutMs: 2 * hour })
    opened.recorder.record(session, opened.state.nowMs)
    await opened.recorder[Symbol.asyncDispose]()
    assert.equal(opened.batches.length, 1)
  })
})
