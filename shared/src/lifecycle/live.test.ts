import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Replaceable, derived } from './live.ts'

describe('a value that is replaced', () => {
  it('is told to everybody, in order, until they leave', () => {
    const value = new Replaceable(1)
    const heard: string[] = []
    const first = value.subscribe((n) => heard.push(`first ${String(n)} of ${String(value.current)}`))
    value.subscribe((n) => heard.push(`second ${String(n)}`))
    value.replace(2)
    first[Symbol.dispose]()
    value.replace(3)
    assert.deepEqual(heard, ['first 2 of 2', 'second 2', 'second 3'])
  })

  it('is taken by all or by none', () => {
    const value = new Replaceable('good')
    const heard: string[] = []
    value.subscribe((text) => heard.push(`first ${text}`))
    value.subscribe((text) => {
      heard.push(`second ${text}`)
      if (text === 'bad') throw new Error('cannot')
    })
    value.subscribe((text) => heard.push(`third ${text}`))
    assert.throws(() => value.replace('bad'), /cannot/)
    assert.equal(value.current, 'good')
    assert.deepEqual(heard, ['first bad', 'second bad', 'first good', 'second good'])
  })
})

describe('what follows from a live value', () => {
  it('is worked out once for each', () => {
    const value = new Replaceable({ n: 1 })
    let times = 0
    const part = derived(value, ({ n }) => ({ double: n * 2, times: ++times }))
    assert.equal(part.current, part.current)
    const heard: unknown[] = []
    part.subscribe((next) => heard.push(next))
    part.subscribe((next) => heard.push(next))
    value.replace({ n: 2 })
    assert.deepEqual(heard, [
      { double: 4, times: 2 },
      { double: 4, times: 2 },
    ])
    assert.equal(part.current, heard[0])
  })
})
