import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ownCookieNames, splitCookies } from './own-cookies.ts'

const names = ownCookieNames('_p')

describe('splitCookies', () => {
  it('finds ours and leaves the others in order', () => {
    assert.deepEqual(splitCookies('a=1; _p=s; _p_csrf_1=b; _p_csrf_2=c; b="x y"; _p_returns=2; c', names), {
      session: 's',
      sessionIsAmbiguous: false,
      bindings: ['b', 'c'],
      returns: '2',
      others: 'a=1; b="x y"; c',
    })
  })

  it('knows a name from a longer one', () => {
    assert.equal(splitCookies('_prefs=1; x_p=2; _p-x=3', names).others, '_prefs=1; x_p=2; _p-x=3')
  })

  it('says when two different sessions came', () => {
    assert.equal(splitCookies('_p=a; _p=b', names).sessionIsAmbiguous, true)
    assert.equal(splitCookies('_p=a; _p="a"', names).sessionIsAmbiguous, false)
  })

  it('never throws and never lets ours through, whatever is sent (CVE-2023-28625)', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('_p', '=', ';', ' ', '"', '_csrf', 'a', ',')), (pieces) => {
        const { others } = splitCookies(pieces.join(''), names)
        assert.doesNotMatch(others ?? '', /(?:^|;)\s*_p(?:_[^=;]*)?\s*(?:=|;|$)/)
      }),
    )
  })
})
