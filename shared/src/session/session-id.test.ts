import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { handleOf, newSessionId, parseSessionHandle, parseSessionId } from './session-id.ts'
import { sessionEndMs } from './session-lifetime.ts'

describe('a session id', () => {
  it('is 256 random bits, and its handle does not tell it', () => {
    const id = newSessionId(randomBytes)
    assert.equal(Buffer.from(id, 'base64url').length, 32)
    assert.notEqual(handleOf(id), id)
    assert.equal(handleOf(id), handleOf(id))
    assert.equal(parseSessionId(id), id)
    assert.equal(parseSessionHandle(handleOf(id)), handleOf(id))
  })

  it('is not recognised in any other shape', () => {
    const id: string = newSessionId(randomBytes)
    for (const text of ['', id.slice(1), `${id}A`, `${id.slice(0, 42)}=`, '*'.repeat(43), `${id.slice(1)}ä`]) {
      assert.equal(parseSessionId(text), undefined, text)
      assert.equal(parseSessionHandle(text), undefined, text)
    }
  })
})

describe('a session’s end', () => {
  const times = { expiresAtMs: 1000, lastUsedAtMs: 100, idleTimeoutMs: 200 }

  it('is its absolute end without an idle limit', () => {
    assert.equal(sessionEndMs({ ...times, idleTimeoutMs: 0 }), 1000)
  })

  it('is the idle end where that comes first', () => {
    assert.equal(sessionEndMs(times), 300)
    assert.equal(sessionEndMs({ ...times, lastUsedAtMs: 900 }), 1000)
  })
})
