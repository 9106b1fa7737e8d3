import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { flattenClaims } from './flatten-claims.ts'

/** As plain data: the result has no prototype on purpose. */
const flat = (raw: Record<string, unknown>): unknown => ({ ...flattenClaims(raw) })

describe('claims as policies see them', () => {
  it('are lists, whatever the IdP sent', () => {
    assert.deepEqual(flat({ sub: 'ada', groups: ['a', 'b'], age: 36, admin: false, nothing: null }), {
      sub: ['ada'],
      groups: ['a', 'b'],
      age: [36],
      admin: [false],
      nothing: [null],
    })
  })

  it('have nested objects flattened to dotted names', () => {
    assert.deepEqual(flat({ realm_access: { roles: ['reader'], deep: { er: 1 } } }), {
      'realm_access.roles': ['reader'],
      'realm_access.deep.er': [1],
    })
  })

  it('give each member of the objects in a list a list of its own', () => {
    const groups = [
      { id: 1, name: 'a' },
      { id: 2, name: 'b', more: { deep: ['c', ['d']] } },
    ]
    assert.deepEqual(flat({ groups }), {
      'groups.id': [1, 2],
      'groups.name': ['a', 'b'],
      'groups.more.deep': ['c', 'd'],
    })
  })

  it('never take an object for the text beside it', () => {
    assert.deepEqual(flat({ groups: [{ name: 'a' }, ['b', ['c']]] }), { groups: ['b', 'c'], 'groups.name': ['a'] })
  })

  it('leave out what is bound to one ID token', () => {
    assert.deepEqual(flat({ sub: 'ada', nonce: 'n', at_hash: 'h' }), { sub: ['ada'] })
  })

  it('treat __proto__ and constructor as names (YAML-01)', () => {
    const claims = flattenClaims(
      JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}') as Record<
        string,
        unknown
      >,
    )
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    assert.equal(Object.getPrototypeOf(claims), null)
    assert.deepEqual(claims['__proto__.polluted'], ['yes'])
  })

  it('take five thousand groups, and refuse what is beyond reason (OIDC-19)', () => {
    const groups = (count: number): Record<string, unknown> => ({
      groups: Array.from({ length: count }, (_, index) => `group-${String(index)}`),
    })
    assert.equal(flattenClaims(groups(5_000))['groups']?.length, 5_000)
    assert.throws(() => flattenClaims(groups(50_000)), { code: 'IDP_CLAIMS_REFUSED' })
    const objects = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `n${String(id)}`, displayName: 'x' }))
    assert.equal(flattenClaims({ groups: objects })['groups.name']?.length, 5_000)
  })

  it('refuse bottomless nesting instead of overflowing the stack', () => {
    let deep: unknown = 1
    for (let level = 0; level < 1_000; level += 1) deep = { a: deep }
    assert.throws(() => flattenClaims({ deep }), { code: 'IDP_CLAIMS_REFUSED' })
  })
})
