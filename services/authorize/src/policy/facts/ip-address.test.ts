import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isInNetwork, parseAddress, parseNetwork, type IpNetwork } from './ip-address.ts'

const v4 = fc.ipV4()
const v6 = fc.ipV6()

function network(text: string): IpNetwork {
  const parsed = parseNetwork(text)
  if (typeof parsed === 'string') throw new Error(`${text} ${parsed}`)
  return parsed
}

describe('an address', () => {
  it('is read exactly when Node takes it for one', () => {
    const almost = fc.stringMatching(/^[0-9a-f:.]{0,20}$/)
    fc.assert(
      fc.property(fc.oneof(v4, v6, almost), (text) => assert.equal(parseAddress(text) !== undefined, isIP(text) !== 0)),
      { numRuns: 3000 },
    )
  })

  it('is not read with leading zeroes, spaces, a port or brackets', () => {
    for (const text of [
      '',
      ' 1.2.3.4',
      '1.2.3.4 ',
      '01.2.3.4',
      '1.2.3',
      '1.2.3.4:80',
      '[::1]',
      ':::',
      '1::2::3',
      '::1.2.3',
    ]) {
      assert.equal(parseAddress(text), undefined, text)
    }
  })

  it('is the same however it is written', () => {
    assert.deepEqual(parseAddress('2001:DB8::1'), parseAddress('2001:db8:0:0:0:0:0:1'))
    assert.deepEqual(parseAddress('::ffff:192.0.2.1'), parseAddress('192.0.2.1'))
    assert.deepEqual(parseAddress('::ffff:c000:201'), parseAddress('192.0.2.1'))
    assert.deepEqual(parseAddress('64:ff9b::192.0.2.1'), [0x0064ff9b, 0, 0, 0xc0000201])
    assert.deepEqual(parseAddress('fe80::1%eth0'), parseAddress('fe80::1'))
  })
})

describe('a network', () => {
  it('has the members that Node finds in it', () => {
    const prefix = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: bits })
    const base = fc.oneof(
      fc.tuple(v4, prefix(32), v4, fc.constant('ipv4' as const)),
      fc.tuple(v6, prefix(128), v6, fc.constant('ipv6' as const)),
    )
    fc.assert(
      fc.property(base, fc.boolean(), ([first, bits, second, family], same) => {
        const list = new BlockList()
        list.addSubnet(first, bits, family)
        const words = parseAddress(first)
        const member = same ? first : second
        const address = parseAddress(member)
        if (words === undefined || address === undefined) throw new Error('not an address')
        fc.pre(words.length === (family === 'ipv4' ? 1 : 4) && address.length === words.length)
        const all = { words: words.map((word, index) => mask(word, bits - index * 32)), prefixLength: bits }
        assert.equal(isInNetwork(address, all), list.check(member, family))
      }),
      { numRuns: 2000 },
    )
  })

  function mask(word: number, bits: number): number {
    return bits <= 0 ? 0 : bits >= 32 ? word : Number((BigInt(word) >> BigInt(32 - bits)) << BigInt(32 - bits))
  }

  it('of everything in IPv4 has no IPv6 address in it, nor the other way round', () => {
    assert.equal(isInNetwork(parseAddress('10.0.0.1')!, network('0.0.0.0/0')), true)
    assert.equal(isInNetwork(parseAddress('255.255.255.255')!, network('0.0.0.0/0')), true)
    assert.equal(isInNetwork(parseAddress('2001:db8::1')!, network('0.0.0.0/0')), false)
    assert.equal(isInNetwork(parseAddress('10.0.0.1')!, network('::/0')), false)
  })

  it('with a prefix of one address has only that', () => {
    assert.equal(isInNetwork(parseAddress('2001:db8::1')!, network('2001:db8::1/128')), true)
    assert.equal(isInNetwork(parseAddress('2001:db8::2')!, network('2001:db8::1/128')), false)
    assert.equal(isInNetwork(parseAddress('2001:db8::1')!, network('2001:db8::/127')), true)
    assert.equal(isInNetwork(parseAddress('2001:db8::2')!, network('2001:db8::/127')), false)
  })

  it('is refused when it is not clear which', () => {
    for (const text of [
      '10.0.0.0/8/8',
      '10.0.0.0/',
      '10.0.0.0/08',
      '10.0.0.0/-1',
      'fe80::1%eth0',
      '::ffff:10.0.0.0/8',
      '2001:db8::/129',
      '2001:db8::1/64',
    ]) {
      assert.equal(typeof parseNetwork(text), 'string', text)
    }
  })
})
