import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { flattenClaims } from '@postern/shared/claims/flatten-claims.ts'
import type { AuthorizeRoute } from '@postern/shared/config/model.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import { aRoute, ask, authorizeConfig, startRealAuthorize } from './authorize-support.ts'

const policy = [{ allow: { or: [{ groups: { has: 'red' } }] } }]

/** What becomes of a person with these claims, and what the application is told. */
async function visit(
  claims: Readonly<Record<string, unknown>>,
  chosen: Partial<AuthorizeRoute> = {},
): Promise<{ outcome: string; groups: unknown; headers: Readonly<Record<string, string>> }> {
  await using authorize = await startRealAuthorize(
    authorizeConfig([aRoute({ policy, passIdentityHeaders: true, ...chosen })]),
  )
  const identity: Identity = { userId: 'ada', email: undefined, name: undefined, claims: flattenClaims(claims) }
  const { credential } = await authorize.signIn({ identity })
  const answer = await authorize.checker.check(ask(credential))
  const headers = Object.fromEntries(answer.kind === 'allow' ? answer.setHeaders : [])
  const payload = headers['x-pomerium-jwt-assertion']?.split('.')[1]
  const assertion = payload === undefined ? {} : (JSON.parse(Buffer.from(payload, 'base64url').toString()) as object)
  return { outcome: answer.kind, groups: (assertion as { groups?: unknown }).groups, headers }
}

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `group-${String(index)}`)

describe('groups come from the claim that the configuration names', () => {
  const shapes: readonly [title: string, groupsClaim: string | undefined, claims: Record<string, unknown>][] = [
    ['groups, where it names none', undefined, { groups: ['red', 'blue'] }],
    ['one inside another', 'realm_access.roles', { realm_access: { roles: ['red', 'blue'] } }],
    ['one with an address for a name', 'https://example.com/roles', { 'https://example.com/roles': ['red', 'blue'] }],
    [
      'a member of objects',
      'groups.name',
      {
        groups: [
          { id: 1, name: 'red' },
          { id: 2, name: 'blue' },
        ],
      },
    ],
  ]
  for (const [title, groupsClaim, claims] of shapes) {
    it(title, async () => {
      const { outcome, groups } = await visit(claims, { groupsClaim })
      assert.deepEqual({ outcome, groups }, { outcome: 'allow', groups: ['red', 'blue'] })
    })
  }

  const nobody: readonly [title: string, groupsClaim: string | undefined, claims: Record<string, unknown>][] = [
    ['no such claim', 'roles', { groups: ['red'] }],
    ['an empty one', undefined, { groups: [] }],
    ['objects where texts are expected', undefined, { groups: [{ name: 'red' }] }],
    [
      'a note of Entra ID that there are too many to send',
      undefined,
      { _claim_names: { groups: 'src1' }, _claim_sources: {} },
    ],
    ['a group whose name only begins like it', undefined, { groups: ['red-too', 'Red'] }],
  ]
  for (const [title, groupsClaim, claims] of nobody) {
    it(`${title} is no group at all (OIDC-19)`, async () => {
      assert.equal((await visit(claims, { groupsClaim })).outcome, 'deny')
    })
  }
})

describe('five thousand groups', () => {
  it('decide like three, and are not sent to the application: its servers would refuse the request', async () => {
    const { outcome, groups, headers } = await visit(
      { groups: [...many(5_000), 'red'] },
      { jwtClaimsHeaders: { 'x-groups': 'groups' } },
    )
    assert.equal(outcome, 'allow')
    assert.deepEqual(groups, [])
    assert.equal(headers['x-groups'], '')
    assert.ok(JSON.stringify(headers).length < 4_096)
  })

  it('hundreds are sent, all of them', async () => {
    const { groups, headers } = await visit(
      { groups: [...many(300), 'red'] },
      { jwtClaimsHeaders: { 'x-groups': 'groups' } },
    )
    assert.deepEqual(groups, [...many(300), 'red'])
    assert.equal(headers['x-groups']?.split(',').length, 301)
  })
})
