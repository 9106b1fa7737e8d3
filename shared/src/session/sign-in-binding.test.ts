import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bindingMatches, hashBinding, isSignInBinding, newSignInBinding } from './sign-in-binding.ts'

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

  it('is 256 random bits in base64url, and nothing else passes for one', () => {
    const binding = newSignInBinding((size) => Buffer.alloc(size, 0xff))
    assert.equal(binding, '_'.repeat(42) + '8')
    assert.equal(isSignInBinding(binding), true)
    assert.equal(isSignInBinding(''), false)
    assert.equal(isSignInBinding(`${binding}=`), false)
    assert.equal(isSignInBinding(`${binding.slice(1)}\n`), false)
  })
})
