import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bindingMatches, hashBinding } from './sign-in-binding.ts'

describe('the sign-in binding', () => {
  it('matches the hash of the same value only', () => {
    assert.equal(bindingMatches('a-binding', hashBinding('a-binding')), true)
    assert.equal(bindingMatches('another', hashBinding('a-binding')), false)
  })

  it('never matches when one side has none', () => {
    assert.equal(bindingMatches('', hashBinding('')), false)
    assert.equal(bindingMatches('a-binding', ''), false)
  })

  it('does not throw on a hash of another length', () => {
    assert.equal(bindingMatches('a-binding', 'short'), false)
  })
})
