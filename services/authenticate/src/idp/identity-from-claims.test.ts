import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identityOf, joinClaims } from './identity-from-claims.ts'
import { openid } from './provider-profile.ts'
import { azure } from './providers/azure.ts'

describe('who the IdP says it is', () => {
  it('is named by sub, with e-mail, name and all claims', () => {
    const identity = identityOf({ sub: 'ada', email: 'ada@example.com', name: 'Ada', email_verified: 'true' }, openid)
    assert.deepEqual(
      { ...identity, claims: { ...identity.claims } },
      {
        userId: 'ada',
        email: 'ada@example.com',
        name: 'Ada',
        claims: { sub: ['ada'], email: ['ada@example.com'], name: ['Ada'], email_verified: [true] },
      },
    )
  })

  it('is named by oid at Azure, and sub stays a claim', () => {
    const identity = identityOf({ sub: 'pairwise', oid: 'ada-of-the-tenant', mail: 'ada@example.com' }, azure)
    assert.equal(identity.userId, 'ada-of-the-tenant')
    assert.equal(identity.email, 'ada@example.com')
    assert.deepEqual(identity.claims['sub'], ['pairwise'])
    assert.deepEqual(identity.claims['email'], ['ada@example.com'])
  })

  it('is not named by oid anywhere else', () => {
    assert.equal(identityOf({ sub: 'ada', oid: 'somebody-else' }, openid).userId, 'ada')
  })

  it('may have neither e-mail nor name', () => {
    const identity = identityOf({ sub: 'robot', email: '', name: 7 }, openid)
    assert.equal(identity.email, undefined)
    assert.equal(identity.name, undefined)
  })
})

describe('claims of ID token and userinfo together', () => {
  it('are joined, and what was signed wins', () => {
    const joined = joinClaims(
      { sub: 'ada', email: 'signed@example.com' },
      { sub: 'ada', email: 'other@example.com', a: 1 },
    )
    assert.deepEqual(joined, { sub: 'ada', email: 'signed@example.com', a: 1 })
  })

  it('are refused when either says that the address is not verified', () => {
    const refusal = { code: 'IDP_CLAIMS_REFUSED' }
    assert.throws(() => joinClaims({ sub: 'ada', email_verified: true }, { email_verified: false }), refusal)
    assert.throws(() => joinClaims({ sub: 'ada', email_verified: 'false' }, undefined), refusal)
  })
})
