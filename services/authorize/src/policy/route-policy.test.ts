import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { readAccess, type AccessShorthands } from './access.ts'
import { compilePolicy } from './compile-policy.ts'
import { decide } from './decide.ts'
import type { Policy } from './policy.ts'
import { routePolicy } from './route-policy.ts'

const closed: AccessShorthands = {
  allowPublicUnauthenticatedAccess: false,
  allowAnyAuthenticatedUser: false,
  corsAllowPreflight: false,
  allowedUsers: [],
  allowedDomains: [],
  allowedIdpClaims: {},
}

const ada: Identity = { userId: '1001', email: 'Ada@example.com', name: 'Ada', claims: { team: ['red'], level: [7] } }
const mallory: Identity = { userId: '6666', email: 'mallory@evil.test', name: 'Mallory', claims: { level: ['7'] } }
const noEmail: Identity = { userId: '7777', email: undefined, name: undefined, claims: {} }

const get: RequestFacts = {
  method: 'GET',
  host: 'app.example.com',
  path: '/',
  query: '',
  headers: new Map(),
  clientAddress: '203.0.113.9',
  clientCertificate: undefined,
}
const preflight: RequestFacts = {
  ...get,
  method: 'OPTIONS',
  headers: new Map([
    ['origin', ['https://spa.example.com']],
    ['access-control-request-method', ['POST']],
  ]),
}

const outcome = (policy: Policy, who: Identity | undefined, facts = get): string =>
  decide(compilePolicy(policy), facts, who, new Date('2026-11-20T12:00:00Z')).kind

function route(access: Partial<AccessShorthands>, policy?: unknown): Policy {
  const result = routePolicy({ policy, policyPath: ['routes', 2, 'policy'], access: { ...closed, ...access } })
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues))
  return result.policy
}

function issues(access: Partial<AccessShorthands>, policy?: unknown): string[] {
  const result = routePolicy({ policy, policyPath: ['routes', 2, 'policy'], access: { ...closed, ...access } })
  return result.kind === 'ok' ? [] : result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('the allow keys of a route', () => {
  it('none at all let nobody in', () => {
    assert.equal(outcome(route({}), ada), 'deny')
    assert.equal(outcome(route({}), undefined), 'deny')
  })

  it('allow_public_unauthenticated_access lets everybody in', () => {
    assert.equal(outcome(route({ allowPublicUnauthenticatedAccess: true }), undefined), 'allow')
  })

  it('allow_any_authenticated_user lets in whoever signed in', () => {
    const policy = route({ allowAnyAuthenticatedUser: true })
    assert.deepEqual([outcome(policy, mallory), outcome(policy, undefined)], ['allow', 'sign-in'])
  })

  it('allowed_users takes ids and addresses', () => {
    for (const user of ['1001', 'ada@EXAMPLE.com']) {
      const policy = route({ allowedUsers: [user] })
      assert.deepEqual(
        [outcome(policy, ada), outcome(policy, mallory), outcome(policy, undefined)],
        ['allow', 'deny', 'sign-in'],
      )
    }
  })

  it('allowed_domains takes whole domains', () => {
    const policy = route({ allowedDomains: ['Example.com'] })
    assert.deepEqual(
      [outcome(policy, ada), outcome(policy, mallory), outcome(policy, noEmail)],
      ['allow', 'deny', 'deny'],
    )
  })

  it('allowed_idp_claims lets in by any value of any claim, type and all', () => {
    const policy = route({ allowedIdpClaims: { team: ['blue'], level: [6, 7] } })
    assert.deepEqual(
      [outcome(policy, ada), outcome(policy, mallory), outcome(policy, undefined)],
      ['allow', 'deny', 'sign-in'],
    )
  })

  it('cors_allow_preflight lets in a preflight request and nothing else', () => {
    const policy = route({ corsAllowPreflight: true, allowedDomains: ['example.com'] })
    assert.deepEqual([outcome(policy, undefined, preflight), outcome(policy, undefined)], ['allow', 'sign-in'])
    assert.equal(outcome(route({ allowedDomains: ['example.com'] }), undefined, preflight), 'sign-in')
  })

  it('an entry that could match a person without an address is left out and reported', () => {
    assert.equal(outcome(readAccess({ ...closed, allowedDomains: [''], allowedUsers: [''] }).policy, noEmail), 'deny')
    assert.deepEqual(
      issues({
        allowedDomains: ['example.com', '', '@example.org'],
        allowedUsers: [''],
        allowedIdpClaims: { '': ['x'] },
      }),
      [
        'routes.2.allowed_users.0: expected a text, but found an empty text',
        'routes.2.allowed_domains.1: expected a text, but found an empty text',
        'routes.2.allowed_domains.2: expected only what follows the @ of the e-mail address',
        'routes.2.allowed_idp_claims..0: "claim" needs a name after a slash, such as "claim/hd"',
      ],
    )
  })
})

describe('the allow keys and the policy of a route', () => {
  it('widen each other', () => {
    const policy = route({ allowedDomains: ['example.com'] }, { allow: { and: [{ email: 'mallory@evil.test' }] } })
    assert.deepEqual(
      [outcome(policy, ada), outcome(policy, mallory), outcome(policy, noEmail)],
      ['allow', 'allow', 'deny'],
    )
  })

  it('let the policy deny what the keys allow', () => {
    const policy = route({ allowedDomains: ['example.com'] }, [{ deny: { or: [{ email: 'ada@example.com' }] } }])
    assert.equal(outcome(policy, ada), 'deny')
  })

  it('refuse a policy that only denies where no key allows', () => {
    assert.deepEqual(issues({}, [{ deny: { or: [{ reject: true }] } }]), [
      'routes.2.policy: no rule allows anybody: a policy with only "deny" rules refuses everybody',
    ])
  })

  it('give every path from the root of the file', () => {
    const policy = route({ allowedDomains: ['example.com'] }, [{ deny: { or: [{ email: 'ada@example.com' }] } }])
    assert.deepEqual(
      policy.rules.flatMap((rule) => rule.blocks.flatMap((block) => block.criteria.map(({ path }) => path.join('.')))),
      ['routes.2.allowed_domains.0', 'routes.2.policy.0.deny.or.0.email'],
    )
  })

  it('report what is wrong with both', () => {
    assert.deepEqual(
      issues({ allowedDomains: ['@x'] }, [{ alow: 1 }]).map((issue) => issue.split(':')[0]),
      ['routes.2.allowed_domains.0', 'routes.2.policy.0.alow'],
    )
  })

  it('read the groups from the claim that the configuration names', () => {
    const policy = { allow: { or: [{ groups: 'red' }] } }
    const source = { policy, policyPath: ['policy'], access: closed }
    const named = routePolicy({ ...source, groupsClaim: 'team' })
    assert.equal(named.kind === 'ok' && outcome(named.policy, ada), 'allow')
    assert.equal(outcome(route({}, policy), ada), 'deny')
  })
})
