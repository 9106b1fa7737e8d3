import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Secret } from '../../secret.ts'
import { baseConfig, load, oneRoute } from '../config-fixture.ts'
import { slicesOf } from '../with-slices.ts'
import { pack, unpack } from './packed.ts'

const sent = (value: unknown): unknown => unpack(structuredClone(pack(value)))

describe('what goes to another thread', () => {
  it('comes back as it was: a whole configuration', () => {
    const slices = slicesOf(load(baseConfig + oneRoute))
    const back = sent(slices) as typeof slices
    assert.deepEqual(back, slices)
    assert.equal(back.authorize?.sharedSecret.reveal(), slices.authorize?.sharedSecret.reveal())
    assert.ok(back.proxy?.routes[0]?.upstreams[0]?.url instanceof URL)
  })

  it('comes back as it was: odd names and empty things', () => {
    const odd = { list: [], none: undefined, map: new Map([['a', 'b']]), ...JSON.parse('{"__proto__":{"x":1}}') }
    const back = sent(odd)
    assert.deepEqual(back, odd)
    assert.equal(Object.getPrototypeOf(back), Object.prototype)
  })

  it('holds a secret that prints as one again', () => {
    assert.equal(String((sent({ key: new Secret('hunter2') }) as { key: Secret }).key), '[secret]')
  })
})
