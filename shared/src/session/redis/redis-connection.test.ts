import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { retryDelayMs } from './redis-connection.ts'

describe('connecting again', () => {
  it('waits longer each time, up to a bound', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 60].map((attempt) => retryDelayMs(attempt, 1)),
      [50, 100, 200, 400, 800, 800, 800],
    )
  })

  it('is spread by chance, so that replicas do not come back all at once', () => {
    assert.deepEqual(
      [0, 0.5, 1].map((jitter) => retryDelayMs(60, jitter)),
      [400, 600, 800],
    )
  })
})
