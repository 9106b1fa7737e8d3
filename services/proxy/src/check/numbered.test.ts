import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Numbered } from './numbered.ts'

const make = (id: number): { id: number } => ({ id })

describe('Numbered', () => {
  it('finds what waits, until it is deleted', () => {
    const numbered = new Numbered()
    const [a, b] = [numbered.add(make), numbered.add(make)]
    assert.deepEqual([numbered.get(a.id), numbered.get(b.id), numbered.size], [a, b, 2])
    assert.deepEqual([numbered.delete(a.id), numbered.delete(a.id), numbered.get(a.id)], [true, false, undefined])
    assert.deepEqual(numbered.values(), [b])
  })

  it('does not take the number of one that left for that of the next', () => {
    const numbered = new Numbered()
    const gone = numbered.add(make)
    numbered.delete(gone.id)
    const next = numbered.add(make)
    assert.notEqual(next.id, gone.id)
    assert.deepEqual([numbered.get(gone.id), numbered.delete(gone.id), numbered.get(next.id)], [undefined, false, next])
  })

  it('lists in the order in which they came, wherever they stand', () => {
    const numbered = new Numbered()
    const [a, b] = [numbered.add(make), numbered.add(make)]
    numbered.delete(a.id)
    const c = numbered.add(make)
    assert.deepEqual(numbered.values(), [b, c])
  })
})
