import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { didYouMean } from './did-you-mean.ts'

const words = ['allow', 'deny', 'email', 'domain', 'starts_with', 'or']

describe('did you mean', () => {
  const rows = [
    ['alow', 'allow'],
    ['lalow', 'allow'],
    ['ALLOW', 'allow'],
    ['dney', 'deny'],
    ['emial', 'email'],
    ['start_with', 'starts_with'],
    ['startswith', 'starts_with'],
    ['ro', 'or'],
  ] as const
  for (const [typed, meant] of rows) {
    it(`${typed} → ${meant}`, () => assert.equal(didYouMean(typed, words), `; did you mean "${meant}"?`))
  }

  it('says nothing about a word that is like none of them', () => {
    for (const typed of ['shoe_size', '', 'x'.repeat(10_000)]) assert.equal(didYouMean(typed, words), '')
  })
})
