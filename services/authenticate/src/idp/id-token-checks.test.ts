import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { checkEmailVerified, checkIdToken, checkSubject } from './id-token-checks.ts'

const now = new Date('2026-11-22T12:00:00Z')
const seconds = now.getTime() / 1000
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const idToken = (claims: object, alg = 'RS256'): string => `${part({ alg })}.${part(claims)}.c2lnbmF0dXJl`
const check = (claims: object, alg?: string): void => checkIdToken(idToken(claims, alg), 'access', 'client', now)
const atHash = createHash('sha256').update('access').digest().subarray(0, 16).toString('base64url')
const refusal = { code: 'IDP_CLAIMS_REFUSED' }

describe('an ID token is accepted', () => {
  const accepted: readonly [string, object][] = [
    ['issued just now', { iat: seconds }],
    ['issued by a clock half a minute ahead', { iat: seconds + 29 }],
    ['with an at_hash of our access token', { iat: seconds, at_hash: atHash }],
    ['with azp naming us', { iat: seconds, azp: 'client' }],
  ]
  for (const [title, claims] of accepted) it(title, () => assert.doesNotThrow(() => check(claims)))
})

describe('an ID token is refused', () => {
  const cases: readonly [string, object, string?][] = [
    ['without iat', {}],
    ['with iat as text', { iat: String(seconds) }],
    ['issued ten minutes in the future (OIDC-05)', { iat: seconds + 600 }],
    ['issued long ago', { iat: seconds - 3_600 }],
    ['with another at_hash (OIDC-08)', { iat: seconds, at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['with azp naming another client (OIDC-04)', { iat: seconds, azp: 'somebody' }],
    ['unsigned (OIDC-02)', { iat: seconds }, 'none'],
    ['signed with a shared secret (OIDC-02)', { iat: seconds }, 'HS256'],
    ['signed with a name from Object.prototype', { iat: seconds }, 'constructor'],
  ]
  for (const [title, claims, alg] of cases) it(title, () => assert.throws(() => check(claims, alg), refusal))

  it('when it is no JWS at all', () => {
    for (const garbage of ['', 'a.b.c', `${part({ alg: 'RS256' })}.${part([1])}.x`]) {
      assert.throws(() => checkIdToken(garbage, 'access', 'client', now), refusal)
    }
  })
})

describe('email_verified (OIDC-10)', () => {
  it('true is accepted, as a text too, and so is a missing one', () => {
    for (const claims of [{ email_verified: true }, { email_verified: 'true' }, {}]) {
      assert.doesNotThrow(() => checkEmailVerified(claims))
    }
  })

  it('anything else is refused', () => {
    for (const value of [false, 'false', 0, 'yes', null, []]) {
      assert.throws(() => checkEmailVerified({ email_verified: value }), refusal)
    }
  })
})

describe('sub', () => {
  it('is a text of at most 255 ASCII characters', () => {
    assert.equal(checkSubject({ sub: 'ada' }), 'ada')
    for (const sub of [undefined, '', 7, 'ä', 'x'.repeat(256)]) assert.throws(() => checkSubject({ sub }), refusal)
  })
})
