import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RefreshBackOff } from './refresh-back-off.ts'

/** `chance`: what the dice say, from 0 to 255. */
function aBackOff(chance = 0): { backOff: RefreshBackOff; advance: (ms: number) => void } {
  let now = 1_000_000
  return {
    backOff: new RefreshBackOff({ now: () => new Date(now) }, () => Buffer.of(chance)),
    advance: (ms) => (now += ms),
  }
}

describe('pauses between refreshes', () => {
  it('grow while the IdP does not answer, up to a minute', () => {
    const { backOff, advance } = aBackOff()
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      backOff.failed(undefined)
      advance(seconds * 1_000 - 1)
      assert.equal(backOff.pausing, true, `still pausing just before ${String(seconds)} s`)
      advance(1)
      assert.equal(backOff.pausing, false)
    }
  })

  it('are up to half as long again by chance, so that replicas do not ask in step', () => {
    const { backOff, advance } = aBackOff(255)
    backOff.failed(undefined)
    advance(1_498)
    assert.equal(backOff.pausing, true)
    advance(2)
    assert.equal(backOff.pausing, false)
  })

  it('are as long as the IdP asked for', () => {
    const { backOff, advance } = aBackOff()
    backOff.failed(300_000)
    advance(299_999)
    assert.equal(backOff.pausing, true)
  })

  it('are over when it answers', () => {
    const { backOff } = aBackOff()
    backOff.failed(300_000)
    backOff.succeeded()
    assert.equal(backOff.pausing, false)
  })
})
