import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemRandom } from '@postern/shared/random.ts'
import { RequestIds } from './request-id.ts'

describe('RequestIds', () => {
  it('are different, also across blocks of randomness', () => {
    const ids = new RequestIds(systemRandom)
    const seen = new Set(Array.from({ length: 1000 }, () => ids.next()))
    assert.equal(seen.size, 1000)
    for (const id of seen) assert.match(id, /^[0-9a-f]{32}$/)
  })

  it('are kept only from a trusted hop, and only in a harmless form', () => {
    const ids = new RequestIds((size) => Buffer.alloc(size, 0xab))
    const own = 'ab'.repeat(16)
    assert.equal(ids.keepOrMake('trace-1234.5', true), 'trace-1234.5')
    assert.equal(ids.keepOrMake('trace-1234.5', false), own)
    for (const odd of ['short', 'with space here', 'a\r\nb: c12345', 'x'.repeat(129), '{"a":"12345"}', undefined]) {
      assert.equal(ids.keepOrMake(odd, true), own)
    }
  })
})
