import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { aSession } from '../a-session-contract.ts'
import { sessionStoreContract } from '../session-store-contract.ts'
import { ExpiringMap } from './expiring-map.ts'
import { MemorySessionStore } from './memory-session-store.ts'

sessionStoreContract('MemorySessionStore', () => {
  let nowMs = Date.UTC(2026, 0, 2)
  const store = new MemorySessionStore({ now: () => new Date(nowMs) })
  return Promise.resolve({
    store,
    nowMs: () => nowMs,
    advance(ms) {
      nowMs += ms
      return Promise.resolve()
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  })
})

describe('MemorySessionStore', () => {
  it('does not hear of a watch that ended before the channel came up', async () => {
    await using store = new MemorySessionStore()
    let ups = 0
    const listener = { changed: () => 0, allChanged: () => 0, channelDown: () => 0, channelUp: () => (ups += 1) }
    store.watch(listener)[Symbol.dispose]()
    store.watch(listener)
    await Promise.resolve()
    assert.equal(ups, 1)
    assert.equal((await store.create(aSession(Date.now()))).kind, 'done')
  })
})

describe('ExpiringMap', () => {
  it('gives up what is over, in order, and nothing else', () => {
    const map = new ExpiringMap<number>()
    const ends = Array.from({ length: 200 }, (_, index) => (index * 7919) % 1000)
    ends.forEach((endMs, index) => map.set(`key ${index}`, endMs, endMs))
    map.set('key 0', 5000, 5000)
    const taken = map.takeExpired(500, 1000).map(({ value }) => value)
    const expected = ends.slice(1).filter((endMs) => endMs <= 500)
    assert.deepEqual(
      taken,
      expected.sort((a, b) => a - b),
    )
    assert.equal(map.size, 200 - taken.length)
    assert.equal(map.get('key 0', 4999), 5000)
  })

  it('takes no more than it was allowed to', () => {
    const map = new ExpiringMap<number>()
    for (let index = 0; index < 10; index += 1) map.set(String(index), index, index)
    assert.equal(map.takeExpired(100, 4).length, 4)
    assert.equal(map.size, 6)
    assert.equal(map.takeExpired(100, 100).length, 6)
  })

  it('does not return an entry at its end, swept or not', () => {
    const map = new ExpiringMap<string>()
    map.set('key', 'value', 10)
    assert.equal(map.get('key', 9), 'value')
    assert.equal(map.get('key', 10), undefined)
  })
})
