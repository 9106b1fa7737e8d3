import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { networkKey, networksOf, parseAddress, parseNetwork } from './ip-address.ts'
import { beginningsOf, endsOf, type Members } from './members.ts'

/** Both ways to ask say the same. */
function asked(members: Members, values: readonly string[]): readonly string[] {
  const listed = new Set(members.values())
  assert.equal(listed.size, members.size)
  const found = values.filter((value) => members.has(value))
  assert.deepEqual(
    values.filter((value) => listed.has(value)),
    found,
  )
  return found
}

describe('what a criterion may name', () => {
  it('of a text are its beginnings, the whole of it too', () => {
    assert.deepEqual(asked(beginningsOf('/a/b'), ['/', '/a/b', '/a/b/', 'a/b', 'b']), ['/', '/a/b'])
  })

  it('of a text are its ends, the whole of it too', () => {
    assert.deepEqual(asked(endsOf('a@b.c'), ['c', 'a@b.c', '.c', 'a', 'xa@b.c', 'a@']), ['c', 'a@b.c', '.c'])
  })

  it('of nothing is nothing', () => {
    assert.deepEqual([...beginningsOf('').values(), ...endsOf('').values()], [])
  })

  for (const [address, inside, outside] of [
    [
      '10.1.2.3',
      ['0.0.0.0/0', '10.0.0.0/8', '10.1.2.0/24', '10.1.2.3', '10.1.2.2/31'],
      ['10.1.3.0/24', '::/0', '10.1.2.4'],
    ],
    ['2001:db8::1', ['::/0', '2001:db8::/32', '2001:db8::1', '2001:db8::/127'], ['2001:db9::/32', '0.0.0.0/0']],
    ['::ffff:10.1.2.3', ['10.0.0.0/8', '::ffff:10.0.0.0/104'], ['::/0']],
  ] as const) {
    it(`of ${address} are the networks that it is in, from all addresses to itself`, () => {
      const parsed = parseAddress(address)
      assert.ok(parsed)
      const key = (text: string): string => {
        const network = parseNetwork(text)
        return typeof network === 'string' ? assert.fail(network) : networkKey(network)
      }
      assert.deepEqual(asked(networksOf(parsed), [...inside, ...outside].map(key)), inside.map(key))
    })
  }
})
