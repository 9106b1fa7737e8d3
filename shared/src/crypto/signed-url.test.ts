import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { signUrl, verifySignedUrl } from './signed-url.ts'

const key = randomBytes(32)
const now = new Date('2026-05-04T03:02:01.5Z')
const later = (ms: number): Date => new Date(now.getTime() + ms)
const plain = new URL(
  'https://authenticate.example.com/.pomerium/sign_in?pomerium_redirect_uri=https%3A%2F%2Fa.example%2F%3Fq%3D1%26r&note=a%20b',
)
const signed = signUrl(plain, key, now, 300_000)

function verdictOf(href: string, at = now): string {
  return verifySignedUrl(new URL(href), [key], at)
}

describe('a signed URL', () => {
  it('is good as it is, for its lifetime and a minute of clock difference', () => {
    assert.equal(verdictOf(signed.href), 'valid')
    assert.equal(verdictOf(signed.href, later(-60_000)), 'valid')
    assert.equal(verdictOf(signed.href, later(359_000)), 'valid')
    assert.equal(verdictOf(signed.href, later(361_000)), 'expired')
    assert.equal(verdictOf(signed.href, later(-62_000)), 'invalid')
  })

  it('is good where its key is one of several, while one replaces the other', () => {
    assert.equal(verifySignedUrl(signed, [randomBytes(32), key], now), 'valid')
    assert.equal(verifySignedUrl(signed, [], now), 'invalid')
  })

  it('keeps the parameters it had, and says its times in seconds', () => {
    assert.equal(signed.searchParams.get('pomerium_redirect_uri'), 'https://a.example/?q=1&r')
    assert.equal(signed.searchParams.get('note'), 'a b')
    assert.equal(signed.searchParams.get('pomerium_issued'), '1777863721')
    assert.equal(signed.searchParams.get('pomerium_expiry'), '1777864021')
  })

  it('can be signed anew', () => {
    const again = signUrl(new URL(`${signed.href}#fragment`), key, later(1_000_000), 300_000)
    assert.equal(verdictOf(again.href, later(1_000_000)), 'valid')
    assert.equal(again.searchParams.getAll('pomerium_signature').length, 1)
  })

  it('works for a URL that had no parameters', () => {
    assert.equal(verdictOf(signUrl(new URL('https://a.example/'), key, now, 1000).href), 'valid')
  })

  for (const [what, change] of [
    ['the scheme', (href) => href.replace('https:', 'http:')],
    ['the host', (href) => href.replace('authenticate.', 'evil.')],
    ['the path', (href) => href.replace('sign_in', 'sign_out')],
    ['a parameter', (href) => href.replace('note=a', 'note=b')],
    ['the expiry', (href) => href.replace('expiry=1', 'expiry=2')],
    ['an added parameter behind', (href) => `${href}&x=1`],
    ['an added parameter before', (href) => href.replace('?', '?x=1&')],
    ['a repeated parameter', (href) => href.replace('?', '?pomerium_redirect_uri=https%3A%2F%2Fevil.example&')],
    ['a second signature', (href) => `${href}&pomerium_signature=AAAA`],
    ['a user name', (href) => href.replace('https://', 'https://user@')],
    ['a fragment', (href) => `${href}#x`],
    ['the encoding of a parameter', (href) => href.replace('a+b', 'a%20b')],
    ['padding on the signature', (href) => `${href}=`],
    ['the signature removed', (href) => href.replace(/&pomerium_signature=.*/, '')],
    ['the signature emptied', (href) => href.replace(/(&pomerium_signature=).*/, '$1')],
    ['the signature cut', (href) => href.slice(0, -1)],
    ['everything removed', () => 'https://authenticate.example.com/.pomerium/sign_in'],
    ['a very long URL', (href) => `${href}${'A'.repeat(20_000)}`],
  ] satisfies [string, (href: string) => string][]) {
    it(`is invalid with ${what} changed`, () => {
      assert.notEqual(change(signed.href), signed.href)
      assert.equal(verdictOf(change(signed.href)), 'invalid')
    })
  }

  it('is invalid under another key', () => {
    assert.equal(verifySignedUrl(signed, [randomBytes(32)], now), 'invalid')
  })

  it('is invalid when the signer was made to sign a parameter twice', () => {
    assert.equal(verdictOf(signUrl(new URL('https://a.example/?x=1&x=2'), key, now, 1000).href), 'invalid')
  })
})
