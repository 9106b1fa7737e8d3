import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { Sealer } from './seal.ts'

const key = randomBytes(32)
const sealer = new Sealer([key])
const text = 'a secret with ünicode'

describe('Sealer', () => {
  it('opens what it sealed, and shows nothing of it before', () => {
    const sealed = sealer.seal(text, 'ticket')
    assert.equal(sealer.open(sealed, 'ticket'), text)
    assert.ok(!Buffer.from(sealed, 'base64url').includes(Buffer.from('secret')))
    assert.equal(sealer.open(sealer.seal('', 'ticket'), 'ticket'), '')
  })

  it('opens nothing for another purpose', () => {
    assert.equal(sealer.open(sealer.seal(text, 'ticket'), 'cookie'), undefined)
  })

  it('opens nothing that another key sealed', () => {
    assert.equal(sealer.open(new Sealer([randomBytes(32)]).seal(text, 'ticket'), 'ticket'), undefined)
  })

  it('seals with the first key and opens with all, until a key is removed', () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)]
    const sealedBefore = new Sealer([old]).seal(text, 'ticket')
    const rotated = new Sealer([fresh, old])
    assert.equal(rotated.open(sealedBefore, 'ticket'), text)
    assert.equal(new Sealer([fresh]).open(rotated.seal(text, 'ticket'), 'ticket'), text)
    assert.equal(new Sealer([fresh]).open(sealedBefore, 'ticket'), undefined)
  })

  it('opens nothing that was cut at either end, lengthened or spelled otherwise', () => {
    const sealed = sealer.seal(text, 'ticket')
    for (let size = 0; size < sealed.length; size += 1) {
      assert.equal(sealer.open(sealed.slice(0, size), 'ticket'), undefined)
      assert.equal(sealer.open(sealed.slice(sealed.length - size), 'ticket'), undefined)
    }
    for (const changed of [`${sealed}A`, `${sealed}=`, ` ${sealed}`, sealed.toUpperCase(), 'ä'.repeat(60)]) {
      assert.equal(sealer.open(changed, 'ticket'), undefined)
    }
    assert.equal(sealer.open('A'.repeat(2_000_000), 'ticket'), undefined)
  })

  it('opens nothing with a single bit changed', () => {
    const box = Buffer.from(sealer.seal(text, 'ticket'), 'base64url')
    for (let bit = 0; bit < box.length * 8; bit += 1) {
      const changed = Buffer.from(box)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(sealer.open(changed.toString('base64url'), 'ticket'), undefined)
    }
  })

  it('never uses a nonce twice (100,000 boxes of one text)', () => {
    const nonces = new Set<string>()
    for (let count = 0; count < 100_000; count += 1) nonces.add(sealer.seal('x', 'p').slice(0, 23))
    assert.equal(nonces.size, 100_000)
  })
})
