import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLru } from './lru.ts'

describe('a bounded map', () => {
  it('forgets what was not asked for longest', () => {
    const lru = createLru<object>({ maxEntries: 2 })
    lru.set('a', {})
    lru.set('b', {})
    lru.get('a')
    lru.set('c', {})
    assert.deepEqual(
      ['a', 'b', 'c'].filter((key) => lru.get(key)),
      ['a', 'c'],
    )
  })

  it('holds no more entries than it may, however light they are', () => {
    const lru = createLru<object>({ maxEntries: 10, weight: { maxWeight: 1_000, weigh: () => 1 } })
    for (let index = 0; index < 50; index++) lru.set(String(index), {})
    assert.equal(lru.size, 10)
  })

  it('holds fewer entries where they are heavy, and none that is heavier than all may be', () => {
    const lru = createLru<{ readonly weight: number }>({
      maxEntries: 10,
      weight: { maxWeight: 1_000, weigh: ({ weight }) => weight },
    })
    for (const key of ['a', 'b', 'c']) lru.set(key, { weight: 400 })
    lru.set('heavy', { weight: 1_001 })
    assert.deepEqual(
      ['a', 'b', 'c', 'heavy'].filter((key) => lru.get(key)),
      ['b', 'c'],
    )
  })

  it('reserves no memory for entries that it does not hold', () => {
    const before = process.memoryUsage().arrayBuffers
    const lrus = Array.from({ length: 20 }, () => createLru<object>({ maxEntries: 1_000_000 }))
    assert.equal(lrus.length, 20)
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
  })
})
