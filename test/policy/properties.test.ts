import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decide, judge } from '@postern/authorize/policy/decide.ts'
import { explain } from '@postern/authorize/policy/explain.ts'
import { compilePolicy } from '@postern/authorize/policy/compile-policy.ts'
import { parseAddress } from '@postern/authorize/policy/facts/ip-address.ts'
import { parsePolicy } from '@postern/authorize/policy/parse-policy.ts'
import { joinPolicies } from '@postern/authorize/policy/route-policy.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import { certificates, compiled, factsOf } from './fixtures.ts'
import { interpret, type WrittenCriterion, type WrittenRule } from './interpreter.ts'

// Few values, so that random policies and random people meet often.
const emails = ['ada@example.com', 'ADA@example.com', 'bob@example.org', 'eve@sub.example.com', 'x@y@example.com']
const domains = ['example.com', 'Example.ORG', 'sub.example.com']
const teams = ['red', 'blue', 7, '7', true, 'true']
const now = new Date('2026-11-20T12:00:00Z')

const textMatcher = (values: readonly string[], free: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom(...values),
    fc.record({ is: fc.constantFrom(...values) }),
    fc
      .record(
        {
          not: fc.constantFrom(...values),
          contains: fc.constantFrom(...free),
          starts_with: fc.constantFrom(...free),
          ends_with: fc.constantFrom(...free),
          in: fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }),
          not_in: fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }),
        },
        { requiredKeys: [] },
      )
      .filter((operand) => Object.keys(operand).length > 0),
  )

const listMatcher: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...teams),
  fc
    .record(
      { has: fc.constantFrom(...teams), is: fc.constantFrom(...teams), exclude: fc.constantFrom(...teams) },
      { requiredKeys: [] },
    )
    .filter((operand) => Object.keys(operand).length > 0),
)

const paths = ['/', '/admin', '/admin/x']
const criterion: fc.Arbitrary<WrittenCriterion> = fc.oneof(
  fc.record({ accept: fc.constant(true) }),
  fc.record({ reject: fc.constant(true) }),
  fc.record({ authenticated_user: fc.constant(true) }),
  fc.record({ user: textMatcher(['1', '2', '3'], ['1', '2']) }),
  fc.record({ email: textMatcher(emails, ['ada', 'A', '.com', '@']) }),
  fc.record({ domain: textMatcher(domains, ['example', '.com', 'e']) }),
  fc.record({ 'claim/team': listMatcher }),
  fc.record({ groups: listMatcher }),
  fc.record({ http_method: textMatcher(['GET', 'POST'], ['G', 'T']) }),
  fc.record({ http_path: textMatcher(paths, ['/', '/admin']) }),
  fc.record({ invalid_client_certificate: fc.constant(true) }),
)

const criteria = fc.array(criterion, { minLength: 1, maxLength: 4 })
const blocks = fc
  .record({ and: criteria, or: criteria, not: criteria, nor: criteria }, { requiredKeys: [] })
  .filter((written) => Object.keys(written).length > 0)
const rule: fc.Arbitrary<WrittenRule> = fc
  .record({ allow: blocks, deny: blocks }, { requiredKeys: [] })
  .filter((written) => Object.keys(written).length > 0)
const policy = fc
  .array(rule, { minLength: 1, maxLength: 4 })
  .filter((rules) => rules.some((written) => written.allow !== undefined))

const claims = fc.array(fc.constantFrom(...teams), { maxLength: 3 })
const person: fc.Arbitrary<Identity> = fc.record({
  userId: fc.constantFrom('1', '2', '3'),
  email: fc.option(fc.constantFrom(...emails), { nil: undefined }),
  name: fc.constant(undefined),
  claims: fc.record({ team: claims, groups: claims }, { requiredKeys: [] }),
})
const visitor = fc.option(person, { nil: undefined })
const facts = fc
  .record({
    request: fc.tuple(fc.constantFrom('GET', 'POST'), fc.constantFrom(...paths)).map((parts) => parts.join(' ')),
    certificate: fc.constantFrom(...Object.keys(certificates)),
  })
  .map(factsOf)

/** So many criteria about the same list, path or address that they are answered together. */
const many = { minLength: 8, maxLength: 24 }
const values = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }).map(String))
const manyOfOneKind: fc.Arbitrary<readonly WrittenCriterion[]> = fc.oneof(
  fc.array(fc.record({ 'claim/team': values }), many),
  fc.array(fc.record({ groups: fc.oneof(values, fc.record({ has: values })) }), many),
  fc.array(
    fc.record({ http_path: fc.record({ starts_with: fc.constantFrom(...beginnings('/admin/x', '/other/x')) }) }),
    many,
  ),
  fc.array(fc.record({ http_path: fc.record({ ends_with: fc.constantFrom(...ends('/admin/x', '/other/x')) }) }), many),
  fc.array(
    fc.record({ email: fc.record({ ends_with: fc.constantFrom(...ends('ada@Example.com', 'b@c.org')) }) }),
    many,
  ),
  fc.array(fc.record({ user: fc.record({ starts_with: fc.constantFrom(...beginnings('123456', '234567')) }) }), many),
)

function beginnings(...texts: readonly string[]): string[] {
  return texts.flatMap((text) => Array.from(text, (_, index) => text.slice(0, index + 1)))
}

function ends(...texts: readonly string[]): string[] {
  return texts.flatMap((text) => Array.from(text, (_, index) => text.slice(index)))
}

const somebody: fc.Arbitrary<Identity> = fc.record({
  userId: fc.constantFrom('1', '123', '1234567', '23'),
  email: fc.option(fc.constantFrom('ada@example.com', 'ADA@EXAMPLE.COM', 'x@b.c.org'), { nil: undefined }),
  name: fc.constant(undefined),
  claims: fc.record(
    { team: fc.array(values, { maxLength: 40 }), groups: fc.array(values, { maxLength: 40 }) },
    { requiredKeys: [] },
  ),
})

describe('criteria of one kind by the dozen', () => {
  for (const operator of ['or', 'and', 'not', 'nor'] as const) {
    it(`decide under ${operator} as the description of the language says`, () => {
      const visitors = fc.option(somebody, { nil: undefined })
      fc.assert(
        fc.property(manyOfOneKind, manyOfOneKind, facts, visitors, (first, second, request, who) => {
          const each = second.map((written) => ({ allow: { and: [written, { http_method: 'GET' }] } }))
          const document = [{ allow: { [operator]: first } }, ...each, { deny: { [operator]: second } }]
          assert.deepEqual(decide(compiled(document), request, who, now), interpret(document, request, who))
        }),
        { numRuns: 500 },
      )
    })
  }

  it('about networks decide as each of them alone', () => {
    const byte = fc.constantFrom(0, 1, 10, 255)
    const v4 = fc.tuple(byte, byte, byte, byte).map((parts) => parts.join('.'))
    const v6 = fc
      .tuple(byte, byte, byte)
      .map((parts) => `2001:db8:${parts.map((part) => part.toString(16)).join(':')}::1`)
    const lengths = fc.constantFrom(0, 1, 7, 8, 9, 24, 31, 32)
    const networks = fc.tuple(fc.oneof(v4, v6), lengths).map(([address, length]) => networkAround(address, length))
    const clients = fc.oneof(
      v4,
      v6,
      v4.map((address) => `::ffff:${address}`),
    )
    fc.assert(
      fc.property(fc.array(networks, many), clients, (blocks, clientAddress) => {
        const request = { ...factsOf({ request: 'GET /' }), clientAddress }
        const isIn = (list: readonly string[]): boolean => {
          const rules = list.map((source_ip) => ({ allow: { or: [{ source_ip }] } }))
          return decide(compiled(rules), request, undefined, now).kind === 'allow'
        }
        assert.equal(
          isIn(blocks),
          blocks.some((one) => isIn([one])),
        )
      }),
      { numRuns: 1000 },
    )
  })
})

/** The block of this length that an address is in. */
function networkAround(address: string, length: number): string {
  const parsed = parseAddress(address)
  assert.ok(parsed)
  const masked = parsed.map((word, index) => {
    const bits = Math.min(32, Math.max(0, length - index * 32))
    return bits === 0 ? 0 : Math.floor(word / 2 ** (32 - bits)) * 2 ** (32 - bits)
  })
  const isV4 = parsed.length === 1
  const parts = masked.flatMap((word) =>
    (isV4 ? [24, 16, 8, 0] : [16, 0]).map((shift) => Math.floor(word / 2 ** shift) % (isV4 ? 256 : 65_536)),
  )
  return `${parts.map((part) => part.toString(isV4 ? 10 : 16)).join(isV4 ? '.' : ':')}/${String(length)}`
}

describe('any policy, person and request', () => {
  it('the compiled form decides as the description of the language says, reasons and all', () => {
    fc.assert(
      fc.property(policy, facts, visitor, (document, request, who) => {
        assert.deepEqual(decide(compiled(document), request, who, now), interpret(document, request, who))
      }),
      { numRuns: 2000 },
    )
  })

  it('an explanation tells of the decision that is made, both sides included', () => {
    fc.assert(
      fc.property(policy, facts, visitor, (document, request, who) => {
        const { decision, allow, deny } = explain(compiled(document), request, who, now)
        assert.deepEqual({ decision, allow, deny }, judge(compiled(document), request, who, now))
      }),
      { numRuns: 1000 },
    )
  })

  it('the criteria that an explanation blames give the reasons of the decision', () => {
    fc.assert(
      fc.property(policy, facts, visitor, (document, request, who) => {
        const explanation = explain(compiled(document), request, who, now)
        const all = explanation.rules.flatMap((one) => one.blocks).flatMap((block) => block.criteria)
        const blamed = all.filter((one) => explanation.decidedBy.includes(one.path))
        assert.equal(blamed.length, explanation.decidedBy.length)
        assert.ok(blamed.length > 0)
        assert.ok(blamed.every((one) => explanation.decision.reasons.includes(one.reason)))
      }),
      { numRuns: 500 },
    )
  })

  it('a deny rule that is true is never overruled', () => {
    fc.assert(
      fc.property(policy, facts, visitor, (document, request, who) => {
        const { decision, deny } = judge(compiled(document), request, who, now)
        if (deny.holds) assert.notEqual(decision.kind, 'allow')
      }),
      { numRuns: 500 },
    )
  })

  it('another deny rule never lets anybody in', () => {
    fc.assert(
      fc.property(policy, blocks, facts, visitor, (document, deny, request, who) => {
        const before = decide(compiled(document), request, who, now)
        const after = decide(compiled([...document, { deny }]), request, who, now)
        if (before.kind !== 'allow') assert.notEqual(after.kind, 'allow')
      }),
      { numRuns: 500 },
    )
  })

  it('the order of rules does not matter', () => {
    fc.assert(
      fc.property(policy, facts, visitor, (document, request, who) => {
        const forwards = decide(compiled(document), request, who, now)
        assert.deepEqual(decide(compiled(document.toReversed()), request, who, now), forwards)
      }),
      { numRuns: 500 },
    )
  })

  it('joining policies is the same as one policy with all their rules', () => {
    fc.assert(
      fc.property(policy, policy, facts, visitor, (left, right, request, who) => {
        const [first, second] = [left, right].map((document) => compiled(document).policy)
        const joined = compilePolicy(joinPolicies(first!, second!))
        assert.deepEqual(decide(joined, request, who, now), decide(compiled([...left, ...right]), request, who, now))
      }),
      { numRuns: 300 },
    )
  })
})

describe('operators', () => {
  const same = (left: WrittenRule, right: WrittenRule): ((...args: any[]) => void) => {
    return (request, who) => {
      assert.deepEqual(decide(compiled(left), request, who, now), decide(compiled(right), request, who, now))
    }
  }

  it('not of several is and of each not, nor of several is or of each not', () => {
    fc.assert(
      fc.property(criteria, facts, visitor, (list, request, who) => {
        const allowOf = (written: WrittenRule['allow']): boolean =>
          judge(compiled({ allow: written }), request, who, now).allow.holds
        const each = list.map((one) => allowOf({ not: [one] }))
        assert.equal(allowOf({ not: list }), each.every(Boolean))
        assert.equal(allowOf({ nor: list }), each.some(Boolean))
      }),
      { numRuns: 500 },
    )
  })

  it('follow De Morgan: not is the opposite of or, nor is the opposite of and', () => {
    fc.assert(
      fc.property(criteria, facts, visitor, (list, request, who) => {
        const side = (written: WrittenRule['allow']): { holds: boolean; reasons: readonly string[] } =>
          judge(compiled({ allow: written }), request, who, now).allow
        assert.deepEqual(side({ not: list }), { ...side({ or: list }), holds: !side({ or: list }).holds })
        assert.deepEqual(side({ nor: list }), { ...side({ and: list }), holds: !side({ and: list }).holds })
      }),
      { numRuns: 500 },
    )
  })

  it('of one criterion, and is or, and not is nor', () => {
    fc.assert(
      fc.property(criterion, facts, visitor, (one, request, who) => {
        same({ allow: { and: [one] } }, { allow: { or: [one] } })(request, who)
        same({ allow: { not: [one] } }, { allow: { nor: [one] } })(request, who)
      }),
      { numRuns: 300 },
    )
  })
})

describe('any document at all', () => {
  it('is read or refused with at least one issue, and never throws', () => {
    const words = [
      'allow',
      'deny',
      'and',
      'or',
      'not',
      'nor',
      'email',
      'claim/x',
      'action',
      'is',
      '__proto__',
      'source_ip',
    ]
    const document = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom<unknown>(null, true, 1, '', 'x', 'allow', '10.0.0.0/8'),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...words), tie('node'), { maxKeys: 3 }),
      ),
    })).node
    fc.assert(
      fc.property(document, (tree) => {
        const result = parsePolicy(tree)
        if (result.kind === 'invalid') assert.ok(result.issues.length > 0)
        else assert.ok(result.policy.rules.every((one) => one.blocks.every((block) => block.criteria.length > 0)))
      }),
      { numRuns: 2000 },
    )
  })
})
