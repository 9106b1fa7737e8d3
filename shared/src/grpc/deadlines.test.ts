import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Deadlines } from './deadlines.ts'

/** Runs out within a second or fails; the deadlines themselves do not keep the process alive. */
async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    assert.ok(waited < 1_000, 'it did not happen within a second')
    await sleep(5)
  }
}

describe('many deadlines behind one timer', () => {
  it('expire in their order, each once', async () => {
    const expired: string[] = []
    using deadlines = new Deadlines<string>((key) => expired.push(key))
    const now = performance.now()
    deadlines.add('second', now + 60)
    deadlines.add('first', now + 20)
    deadlines.add('never', now + 60_000)
    await until(() => expired.length === 2)
    assert.deepEqual(expired, ['first', 'second'])
    assert.equal(deadlines.size, 1)
  })

  it('do not expire when they were removed, and say whether they were still there', async () => {
    const expired: string[] = []
    using deadlines = new Deadlines<string>((key) => expired.push(key))
    const now = performance.now()
    deadlines.add('answered', now + 10)
    deadlines.add('late', now + 20)
    assert.equal(deadlines.remove('answered'), true)
    await until(() => expired.length > 0)
    assert.deepEqual(expired, ['late'])
    assert.equal(deadlines.remove('late'), false)
  })

  it('may be added while others expire', async () => {
    const expired: number[] = []
    using deadlines = new Deadlines<number>((key) => {
      expired.push(key)
      if (key < 3) deadlines.add(key + 1, performance.now() + 5)
    })
    deadlines.add(1, performance.now() + 5)
    await until(() => expired.length === 3)
    assert.deepEqual(expired, [1, 2, 3])
  })

  it('are forgotten when disposed of', async () => {
    const expired: string[] = []
    const deadlines = new Deadlines<string>((key) => expired.push(key))
    deadlines.add('x', performance.now() + 5)
    deadlines[Symbol.dispose]()
    await sleep(20)
    assert.deepEqual(expired, [])
  })
})
