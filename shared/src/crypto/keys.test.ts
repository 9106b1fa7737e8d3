import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PosternError } from '../errors/postern-error.ts'
import { Secret } from '../secret.ts'
import { deriveKey } from './keys.ts'

const bytes = Buffer.alloc(32, 7)

describe('deriveKey', () => {
  it('derives the same 32 bytes everywhere, and others for another purpose or secret', () => {
    const secret = new Secret(bytes.toString('base64'))
    const other = new Secret(Buffer.alloc(32, 8).toString('base64'))
    assert.equal(deriveKey(secret, 'a').length, 32)
    assert.deepEqual(deriveKey(secret, 'a'), deriveKey(secret, 'a'))
    assert.notDeepEqual(deriveKey(secret, 'a'), deriveKey(secret, 'b'))
    assert.notDeepEqual(deriveKey(secret, 'a'), deriveKey(other, 'a'))
  })

  it('reads both base64 alphabets, with or without padding and a line end', () => {
    const odd = Buffer.alloc(32, 0xfb)
    const spellings = [odd.toString('base64'), odd.toString('base64url'), `${odd.toString('base64')}\n`]
    const keys = spellings.map((text) => deriveKey(new Secret(text), 'a').toString('hex'))
    assert.equal(new Set(keys).size, 1)
  })

  for (const [why, text] of [
    ['is empty', ''],
    ['is a word', 'changeme'],
    ['has 31 bytes', Buffer.alloc(31).toString('base64')],
    ['is not base64', '!'.repeat(60)],
  ] as const) {
    it(`refuses a secret that ${why}, without repeating it`, () => {
      assert.throws(
        () => deriveKey(new Secret(text), 'a'),
        (error) =>
          error instanceof PosternError &&
          error.code === 'CONFIG_INVALID' &&
          (text === '' || !error.message.includes(text)),
      )
    })
  }
})
