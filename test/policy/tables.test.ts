import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Decision, Reason } from '@postern/shared/vocabulary/decision.ts'
import { compilePolicy } from '@postern/authorize/policy/compile-policy.ts'
import { criterionKinds } from '@postern/authorize/policy/criteria/registry.ts'
import { decide } from '@postern/authorize/policy/decide.ts'
import { explain } from '@postern/authorize/policy/explain.ts'
import type { Criterion, Policy } from '@postern/authorize/policy/policy.ts'
import { verdict } from '@postern/authorize/policy/verdict.ts'
import { compiled, factsOf, personOf, tables, timeOf, type WrittenCase, type WrittenTable } from './fixtures.ts'

function says(decision: Decision): string {
  const outcome = decision.kind === 'deny' ? `deny ${decision.status}` : decision.kind
  return `${outcome}: ${decision.reasons.join(' ')}`
}

function expected(row: WrittenCase): string {
  return `${row.then}: ${row.because}`
}

function title({ who = 'nobody', then, because: _, ...rest }: WrittenCase): string {
  return `${who} ${Object.values(rest)
    .map((value) => JSON.stringify(value))
    .join(' ')} → ${then}`
}

for (const table of tables) {
  describe(table.title, () => {
    const policy = compiled(table.policy)
    for (const row of table.cases) {
      it(title(row), () => {
        assert.equal(says(decide(policy, factsOf(row), personOf(row), timeOf(row))), expected(row))
        assert.equal(says(explain(policy, factsOf(row), personOf(row), timeOf(row)).decision), expected(row))
      })
    }
  })
}

describe('the tables', () => {
  it('give every reason that a policy can give', () => {
    const given = new Set(tables.flatMap((table) => table.cases.flatMap((row) => row.because.split(' '))))
    const possible = [...criterionKinds.keys()].flatMap<string>((name) => reasonsOfCriterion[name] ?? [`of ${name}?`])
    assert.deepEqual([...new Set(possible)].filter((reason) => !given.has(reason)).sort(), [])
  })

  for (const name of criterionKinds.keys()) {
    it(`notice when ${name} is always true`, () => noticed(name, true))
    it(`notice when ${name} is never true`, () => noticed(name, false))
  }
})

const pair = (name: string): readonly [Reason, Reason] => [`${name}-ok`, `${name}-unauthorized`] as [Reason, Reason]

const reasonsOfCriterion: Readonly<Record<string, readonly Reason[]>> = {
  accept: ['accept'],
  reject: ['reject'],
  authenticated_user: ['user-ok', 'user-unauthorized', 'user-unauthenticated'],
  user: [...pair('user'), 'user-unauthenticated'],
  email: [...pair('email'), 'user-unauthenticated'],
  domain: [...pair('domain'), 'user-unauthenticated'],
  claim: [...pair('claim'), 'user-unauthenticated'],
  groups: [...pair('groups'), 'user-unauthenticated'],
  http_method: pair('http-method'),
  http_path: pair('http-path'),
  cors_preflight: ['cors-request', 'non-cors-request'],
  source_ip: pair('source-ip'),
  client_certificate: [...pair('client-certificate'), 'client-certificate-required'],
  invalid_client_certificate: ['invalid-client-certificate', 'valid-client-certificate', 'client-certificate-required'],
  date: pair('date'),
  day_of_week: pair('day-of-week'),
  time_of_day: pair('time-of-day'),
}

/** Breaks one criterion everywhere and asks whether some row comes out with another outcome. A mutation test. */
function noticed(name: string, holds: boolean): void {
  if ((name === 'accept' && holds) || (name === 'reject' && !holds)) return
  const changed = tables.filter((table) =>
    outcomes(table).some((outcome, index) => outcome !== table.cases[index]?.then),
  )
  assert.notEqual(changed.length, 0)

  function outcomes(table: WrittenTable): string[] {
    const policy = compilePolicy(broken(compiled(table.policy).policy))
    return table.cases.map((row) => says(decide(policy, factsOf(row), personOf(row), timeOf(row))).split(':')[0] ?? '')
  }

  function broken(policy: Policy): Policy {
    const change = (criterion: Criterion): Criterion =>
      criterion.key.split('/')[0] === name
        ? {
            ...criterion,
            sameAs: `${criterion.sameAs} broken`,
            lookup: undefined,
            membership: undefined,
            test: () => verdict(holds, 'accept'),
          }
        : criterion
    const rules = policy.rules.map((rule) => ({
      ...rule,
      blocks: rule.blocks.map((block) => ({ ...block, criteria: block.criteria.map(change) })),
    }))
    return { rules }
  }
}
