import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import { checkRefreshedIdToken } from './refreshed-id-token.ts'

const idToken = (claims: object): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`
}
const issuer = 'https://idp.example.com'
const former = { iss: issuer, sub: 'ada', aud: 'client', iat: 1_000, auth_time: 900, nonce: 'n' }

const identity: Identity = { userId: 'ada', email: undefined, name: undefined, claims: { auth_time: [900] } }

function check(fresh: object, before: object = former): void {
  const tokens = { accessToken: 'a', refreshToken: 'r', idToken: idToken(before) }
  checkRefreshedIdToken(idToken(fresh), { issuer, identity, tokens })
}

describe('a refreshed ID token (OIDC-13)', () => {
  it('is accepted when it is about the same sign-in', () => {
    assert.doesNotThrow(() => check({ ...former, iat: 2_000 }))
    assert.doesNotThrow(() => check({ iss: issuer, sub: 'ada', iat: 2_000 }), 'nonce and auth_time may be absent')
  })

  const others: readonly [string, object][] = [
    ['another subject', { sub: 'eve' }],
    ['another issuer', { iss: 'https://evil.example.com' }],
    ['another time of authentication', { auth_time: 1_500 }],
    ['another nonce', { nonce: 'm' }],
    ['an earlier time of issue', { iat: 500 }],
    ['no subject', { sub: undefined }],
  ]
  for (const [title, change] of others) {
    it(`is refused with ${title}`, () => {
      assert.throws(() => check({ ...former, iat: 2_000, ...change }), { code: 'IDP_CLAIMS_REFUSED' })
    })
  }

  it('is compared with the sign-in, and not with a token in between that said nothing about it', () => {
    const { auth_time: _, ...between } = former
    assert.throws(() => check({ ...former, iat: 2_000, auth_time: 1_500 }, between), { code: 'IDP_CLAIMS_REFUSED' })
    assert.doesNotThrow(() => check({ ...former, iat: 2_000 }, between))
  })

  it('is refused when there is no former one to compare with', () => {
    const tokens = { accessToken: 'a', refreshToken: 'r', idToken: undefined }
    assert.throws(() => checkRefreshedIdToken(idToken(former), { issuer, identity, tokens }), {
      code: 'IDP_CLAIMS_REFUSED',
    })
  })
})
