import type { Action, Criterion, Policy } from './policy.ts'

/** The lower-case names of the request headers that the policy reads: no others need to be sent with a check. */
export function headersRead(policy: Policy): string[] {
  return [...new Set(criteriaOf(policy).flatMap((criterion) => criterion.headers))].sort()
}

/** Who may and who may not, for a table: `domain is example.com; not path starts with /admin`. */
export function criteriaSummary(policy: Policy): string {
  const allow = sideSummary(policy, 'allow')
  const deny = sideSummary(policy, 'deny')
  if (allow === '') return 'nobody'
  return deny === '' ? allow : `${allow}; but never ${deny}`
}

const joins = { and: ' and ', or: ' or ', not: ' or ', nor: ' and ' } as const

function sideSummary(policy: Policy, action: Action): string {
  const blocks = policy.rules.filter((rule) => rule.action === action).flatMap((rule) => rule.blocks)
  const parts = blocks.map(({ operator, criteria }) => {
    const text = criteria.map((criterion) => criterion.summary).join(joins[operator])
    const many = criteria.length > 1
    if (operator === 'not' || operator === 'nor') return `not (${text})`
    return operator === 'and' && many && blocks.length > 1 ? `(${text})` : text
  })
  return parts.join(' or ')
}

function criteriaOf(policy: Policy): readonly Criterion[] {
  return policy.rules.flatMap((rule) => rule.blocks).flatMap((block) => block.criteria)
}
