import type { Policy } from './policy.ts'

/** The lower-case names of the request headers that the policy reads: no others need to be sent with a check. */
export function headersRead(policy: Policy): string[] {
  const criteria = policy.rules.flatMap((rule) => rule.blocks).flatMap((block) => block.criteria)
  return [...new Set(criteria.flatMap((criterion) => criterion.headers))].sort()
}
