import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { releaseStartMemory } from './release-start-memory.ts'

describe('the memory that a start leaves behind', () => {
  it('is given back once, in the first second with hardly anything to do', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const utilizations = [1, 0.5, 0.01, 0.01]
    const current = { idle: 0, active: 0, utilization: 0 }
    mock.method(performance, 'eventLoopUtilization', (...since: unknown[]) =>
      since.length === 0 ? current : { ...current, utilization: utilizations.shift() },
    )
    let collections = 0
    using _memory = releaseStartMemory(() => {
      collections++
      return Promise.resolve()
    })
    t.mock.timers.tick(2_000)
    assert.equal(collections, 0)
    t.mock.timers.tick(1_000)
    assert.equal(collections, 1)
    t.mock.timers.tick(60_000)
    assert.equal(collections, 1)
  })
})
