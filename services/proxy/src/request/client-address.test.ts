import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clientOrigin } from './client-address.ts'

const cases = [
  ['nobody is trusted: the peer, whatever was claimed', '10.0.0.1', 0, '192.0.2.9', '192.0.2.9'],
  ['one hop: the last entry', '10.0.0.1, 198.51.100.7', 1, '198.51.100.7', '198.51.100.7, 192.0.2.9'],
  [
    'two hops: the last but one',
    '10.0.0.1, 198.51.100.7, 35.1.1.1',
    2,
    '198.51.100.7',
    '198.51.100.7, 35.1.1.1, 192.0.2.9',
  ],
  ['fewer entries than hops: the peer', '198.51.100.7', 2, '192.0.2.9', '192.0.2.9'],
  ['no header although a hop is trusted: the peer', undefined, 1, '192.0.2.9', '192.0.2.9'],
  ['an entry that is no address: the peer', '10.0.0.1, unknown', 1, '192.0.2.9', '192.0.2.9'],
  ['IPv6 through a hop', '2001:db8::1', 1, '2001:db8::1', '2001:db8::1, 192.0.2.9'],
] as const

describe('clientOrigin', () => {
  for (const [title, header, hops, address, forwardedFor] of cases) {
    it(title, () => {
      assert.deepEqual(clientOrigin('192.0.2.9', header, hops, true), { address, forwardedFor })
    })
  }

  it('does not append the peer where the operator says so', () => {
    assert.equal(clientOrigin('192.0.2.9', '198.51.100.7', 1, false).forwardedFor, '198.51.100.7')
  })

  it('reads an IPv4 address on a dual-stack socket', () => {
    assert.equal(clientOrigin('::ffff:192.0.2.9', undefined, 0, true).address, '192.0.2.9')
  })
})
