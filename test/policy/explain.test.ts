import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decide } from '@postern/authorize/policy/decide.ts'
import { explain, type Explanation } from '@postern/authorize/policy/explain.ts'
import { explanationText } from '@postern/authorize/policy/explanation-text.ts'
import { certificates, compiled, factsOf, people } from './fixtures.ts'

const now = new Date('2026-11-20T12:00:00Z')
const membersButBob = compiled([
  { allow: { and: [{ domain: 'example.com' }, { http_method: 'GET' }] } },
  { allow: { or: [{ groups: 'sales' }] } },
  { deny: { not: [{ email: { ends_with: '@example.com' } }] } },
])

/** One line for each criterion, as a person would read it. */
function lines(explanation: Explanation): string[] {
  return explanation.rules.flatMap((rule) =>
    rule.blocks.flatMap((block) =>
      block.criteria.map((one) => {
        const compared = 'compared' in one ? JSON.stringify(one.compared) : 'nothing'
        return `${rule.action} ${block.operator}: ${one.summary}? ${compared} ${one.holds ? 'yes' : 'no'} ${one.reason}${one.counts ? ' *' : ''}`
      }),
    ),
  )
}

describe('an explanation', () => {
  it('shows every criterion with what was compared, its answer, and whether it counts', () => {
    const explanation = explain(membersButBob, factsOf({ request: 'POST /x' }), people.get('ada'), now)
    assert.deepEqual(lines(explanation), [
      'allow and: domain is example.com? "example.com" yes domain-ok',
      'allow and: method is GET? "POST" no http-method-unauthorized *',
      'allow or: groups has sales? ["engineering","on-call"] no groups-unauthorized *',
      'deny not: email ends with @example.com? "ada@example.com" yes email-ok *',
    ])
    assert.equal(explanation.cause, 'no-allow-rule-is-true')
    assert.deepEqual(explanation.decidedBy, [
      [0, 'allow', 'and', 1, 'http_method'],
      [1, 'allow', 'or', 0, 'groups'],
    ])
  })

  it('compares nothing for somebody who has not signed in', () => {
    const explanation = explain(membersButBob, factsOf({}), undefined, now)
    assert.deepEqual(lines(explanation), [
      'allow and: domain is example.com? nothing no user-unauthenticated *',
      'allow and: method is GET? "GET" yes http-method-ok',
      'allow or: groups has sales? nothing no user-unauthenticated *',
      'deny not: email ends with @example.com? nothing no user-unauthenticated *',
    ])
    assert.equal(explanation.cause, 'not-signed-in')
    assert.deepEqual(
      explanation.decidedBy.map((path) => path[0]),
      [0, 1, 2],
    )
  })

  it('says which rule and block is true', () => {
    const explanation = explain(membersButBob, factsOf({}), people.get('mallory'), now)
    assert.deepEqual(
      explanation.rules.map((rule) => [rule.action, rule.holds, rule.blocks.map((block) => block.holds)]),
      [
        ['allow', false, [false]],
        ['allow', false, [false]],
        ['deny', true, [true]],
      ],
    )
    assert.equal(explanation.cause, 'a-deny-rule-is-true')
    assert.deepEqual(explanation.decidedBy, [[2, 'deny', 'not', 0, 'email']])
  })

  it('names the certificate where that made the decision', () => {
    const policy = compiled([
      { allow: { and: [{ accept: true }] } },
      { deny: { or: [{ http_method: 'GET' }, { invalid_client_certificate: true }] } },
    ])
    const explanation = explain(policy, factsOf({ certificate: 'none' }), undefined, now)
    assert.equal(explanation.cause, 'client-certificate')
    assert.deepEqual(explanation.decidedBy, [[1, 'deny', 'or', 1, 'invalid_client_certificate']])
  })

  it('is text for the page that refuses somebody', () => {
    const text = explanationText(explain(membersButBob, factsOf({}), people.get('mallory'), now))
    assert.equal(
      text,
      `\
deny (403): a deny rule is true, and no allow rule outweighs that

allow is false, 0.allow
  and (all of) is false
    >  no   domain is example.com  "example.com.evil.test"  domain-unauthorized
       yes  method is GET          "GET"                    http-method-ok

allow is false, 1.allow
  or (one of) is false
    >  no  groups has sales  []  groups-unauthorized

deny is true, 2.deny
  not (none of) is true
    >  no  email ends with @example.com  "mallory@example.com.evil.test"  email-unauthorized`,
    )
  })

  it('cuts what is too long to read, and says when there are no rules', () => {
    const byGroup = compiled({ allow: { or: [{ groups: 'sales' }] } })
    const text = explanationText(explain(byGroup, factsOf({}), people.get('nowhere'), now))
    assert.match(text, /\["g00","g01",.{30,40}…  groups-unauthorized$/)
    assert.equal(
      explanationText(explain(compiled([]), factsOf({}), undefined, now)),
      'deny (403): the route has no rules, so nobody may',
    )
  })

  it('shows of a certificate and of headers what was compared', () => {
    const compared = (criterion: unknown, about: Parameters<typeof factsOf>[0]): unknown =>
      explain(compiled({ allow: { or: [criterion] } }), factsOf(about), undefined, now).rules[0]?.blocks[0]?.criteria[0]
        ?.compared
    const robot = { client_certificate: { san_dns: 'x.example.com' } }
    assert.deepEqual(compared(robot, { certificate: 'robot' }), certificates['robot']?.leaf)
    assert.deepEqual(compared(robot, { certificate: 'forged-printer' }), { valid: false })
    assert.equal(compared(robot, { certificate: 'not-asked' }), undefined)
    const invalid = { invalid_client_certificate: true }
    assert.deepEqual(compared(invalid, { certificate: 'not-asked' }), { presented: false, valid: false })
    assert.deepEqual(compared(invalid, { certificate: 'forged-printer' }), { presented: true, valid: false })
    assert.deepEqual(compared({ cors_preflight: true }, { request: 'PUT /', headers: { origin: 'https://a.b' } }), {
      method: 'PUT',
      origin: 'https://a.b',
      'access-control-request-method': '',
    })
  })

  it('can be written as JSON', () => {
    const explanation = explain(membersButBob, factsOf({}), people.get('ada'), now)
    assert.deepEqual(JSON.parse(JSON.stringify(explanation)), explanation)
  })
})

describe('there is no decision', () => {
  const broken = { ...factsOf({}), clientAddress: 'localhost' }

  it('about an address that is none, when a rule asks for it', () => {
    const policy = compiled([{ allow: { and: [{ accept: true }] }, deny: { or: [{ source_ip: '10.0.0.0/8' }] } }])
    assert.throws(() => decide(policy, broken, undefined, now), TypeError)
    assert.equal(decide(compiled({ allow: { and: [{ accept: true }] } }), broken, undefined, now).kind, 'allow')
  })

  it('about a valid certificate that nobody has read', () => {
    const policy = compiled([
      { allow: { and: [{ accept: true }] }, deny: { or: [{ client_certificate: { san_dns: 'x.example.com' } }] } },
    ])
    const unread = { ...factsOf({}), clientCertificate: { presented: true, valid: true, der: new Uint8Array(1) } }
    assert.throws(() => decide(policy, unread, undefined, now), TypeError)
  })
})
