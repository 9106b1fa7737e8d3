import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WeightedChoice } from './weighted-choice.ts'

describe('WeightedChoice', () => {
  it('spreads turns evenly by weight', () => {
    const choice = new WeightedChoice([
      { value: 'a', weight: 3 },
      { value: 'b', weight: 1 },
    ])
    assert.equal(Array.from({ length: 8 }, () => choice.next()).join(''), 'aabaaaba')
  })

  it('has nothing to say without candidates', () => {
    assert.throws(() => new WeightedChoice([]).next(), RangeError)
  })
})
