import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkGroupsGiven, identityOf, joinClaims } from './identity-from-claims.ts'
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

describe('groups that the provider left out because they are too many (OIDC-19)', () => {
  const refusal = { code: 'IDP_CLAIMS_REFUSED' }

  it('are a refusal, where the configuration names the claim', () => {
    const claims = {
      sub: 'ada',
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph' } },
    }
    assert.throws(() => checkGroupsGiven(claims, 'groups'), refusal)
    assert.throws(() => checkGroupsGiven({ sub: 'ada', hasgroups: true }, 'groups'), refusal)
    assert.throws(() => identityOf(claims, azure, 'groups'), refusal)
  })

  it('are not missed where they are there, where nobody is in any, or where nobody asks for them', () => {
    for (const claims of [{ groups: ['a'], hasgroups: true }, {}, { _claim_names: { other: 'src1' } }]) {
      assert.doesNotThrow(() => checkGroupsGiven(claims, 'groups'))
    }
    assert.doesNotThrow(() => checkGroupsGiven({ _claim_names: { groups: 'src1' } }, 'roles'))
    assert.doesNotThrow(() => identityOf({ sub: 'ada', _claim_names: { groups: 'src1' } }, azure))
  })
})
