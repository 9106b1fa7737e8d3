import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UpstreamChoice } from './upstream-choice.ts'

interface State {
  inFlight: number
  isEjected: boolean
}

function candidates(weights: Readonly<Record<string, number>>) {
  const states: Record<string, State> = {}
  const list = Object.entries(weights).map(([value, weight]) => {
    const condition: State = { inFlight: 0, isEjected: false }
    states[value] = condition
    return { value, weight, condition }
  })
  return { list, set: (name: string, change: Partial<State>) => Object.assign(states[name] ?? {}, change) }
}

const noChance = (): number => assert.fail('nothing is left to chance here')
const turns = (choice: UpstreamChoice<string>, count: number): string =>
  Array.from({ length: count }, () => choice.next()).join('')

describe('one of several upstreams', () => {
  it('takes turns, spread evenly by weight', () => {
    const { list } = candidates({ a: 3, b: 1 })
    assert.equal(turns(new UpstreamChoice(list, 'round-robin', noChance), 8), 'aabaaaba')
    assert.equal(turns(new UpstreamChoice(candidates({ a: 1, b: 1, c: 1 }).list, undefined, noChance), 6), 'abcabc')
  })

  it('has the fewest requests for its weight', () => {
    const { list, set } = candidates({ a: 1, b: 1, c: 2 })
    const choice = new UpstreamChoice(list, 'least-request', noChance)
    for (const [name, inFlight] of [
      ['a', 2],
      ['b', 1],
      ['c', 3],
    ] as const)
      set(name, { inFlight })
    assert.equal(turns(choice, 3), 'bbb')
    set('b', { inFlight: 2 })
    assert.equal(turns(choice, 2), 'cc')
    set('c', { inFlight: 4 })
    assert.equal([...new Set(turns(choice, 8))].toSorted().join(''), 'abc')
  })

  it('is left to chance, by weight', () => {
    const chances = [0, 0.24, 0.25, 0.99]
    const choice = new UpstreamChoice(candidates({ a: 1, b: 3 }).list, 'random', () => chances.shift() ?? 0)
    assert.equal(turns(choice, 4), 'aabb')
  })

  for (const how of ['round-robin', 'least-request', 'random'] as const) {
    it(`${how}: passes over one that could not be reached, and another one on request`, () => {
      const { list, set } = candidates({ a: 1, b: 1, c: 1 })
      const choice = new UpstreamChoice(list, how, () => 0.6)
      set('a', { isEjected: true })
      assert.doesNotMatch(turns(choice, 9), /a/)
      assert.equal(choice.next('b'), 'c')
      set('b', { isEjected: true })
      set('c', { isEjected: true })
      assert.match(turns(choice, 9), /[abc]{9}/)
      assert.notEqual(choice.next('a'), 'a')
    })
  }

  it('is the only one there is, in whatever condition', () => {
    const { list, set } = candidates({ a: 1 })
    set('a', { isEjected: true })
    assert.equal(new UpstreamChoice(list, 'random', noChance).next('a'), 'a')
    assert.throws(() => new UpstreamChoice([], undefined, noChance).next(), RangeError)
  })
})
