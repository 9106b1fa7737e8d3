import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ChurningSet } from './churning-set.ts'

describe('ChurningSet', () => {
  it('holds what was added and not deleted, each once', () => {
    const set = new ChurningSet<{ name: string }>()
    const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]
    for (const member of [a, b, c, a]) set.add(member)
    assert.deepEqual([set.delete(a), set.delete(a), set.has(a), set.has(c)], [true, false, false, true])
    assert.equal(set.size, 2)
    assert.deepEqual(new Set(set.values()), new Set([b, c]))
  })

  it('can lose every member while its members are gone through', () => {
    const set = new ChurningSet<object>()
    for (let made = 0; made < 5; made += 1) set.add({})
    for (const member of set.values()) assert.equal(set.delete(member), true)
    assert.equal(set.size, 0)
  })

  it('takes a member that another one holds', () => {
    const [here, there] = [new ChurningSet<object>(), new ChurningSet<object>()]
    const [first, shared] = [{}, {}]
    here.add(first)
    here.add(shared)
    there.add(shared)
    assert.equal(here.delete(first), true)
    assert.deepEqual([here.has(shared), there.has(shared)], [true, true])
    assert.equal(there.delete(shared), true)
    assert.deepEqual([here.has(shared), here.size], [true, 1])
  })
})
