import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeBase64url } from './base64url.ts'
import { secretsEqual } from './equal.ts'

describe('secretsEqual', () => {
  it('compares values of any length without throwing', () => {
    assert.equal(secretsEqual('abc', Buffer.from('abc')), true)
    assert.equal(secretsEqual('abc', 'abd'), false)
    assert.equal(secretsEqual('abc', 'ab'), false)
    assert.equal(secretsEqual('', ''), true)
    assert.equal(secretsEqual('', 'x'), false)
  })
})

describe('decodeBase64url', () => {
  it('accepts only the spelling that an encoder writes', () => {
    assert.deepEqual(decodeBase64url('-_8'), Buffer.of(0xfb, 0xff))
    for (const text of ['+/8', '-_8=', '-_9', '-_8\n', ' -_8', '-_', '-', '-_8*']) {
      const decoded = decodeBase64url(text)
      assert.ok(decoded === undefined || decoded.toString('base64url') === text, text)
      if (text !== '-_') assert.equal(decoded, undefined, text)
    }
  })
})
