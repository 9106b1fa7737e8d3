import { parseEntry, type Reading } from './grammar/parse-criterion.ts'
import type { Criterion, Path, Policy, PolicyIssue } from './policy.ts'

/** The keys beside `policy` with which a route says who may. */
export interface AccessShorthands {
  readonly allowPublicUnauthenticatedAccess: boolean
  readonly allowAnyAuthenticatedUser: boolean
  readonly corsAllowPreflight: boolean
  readonly allowedUsers: readonly string[]
  readonly allowedDomains: readonly string[]
  readonly allowedIdpClaims: Readonly<Record<string, readonly (string | number | boolean)[]>>
}

export interface AccessReading {
  readonly policy: Policy
  readonly issues: readonly PolicyIssue[]
}

/**
 * The shorthands as one `allow` rule with `or`. An entry that could match nobody, or everybody, is left out and
 * reported. Paths start at the route: `['allowed_domains', 0]`.
 */
export function readAccess(access: AccessShorthands, at: Path = []): AccessReading {
  const issues: PolicyIssue[] = []
  const reading: Reading = { groupsClaim: '', problem: (path, message) => void issues.push({ path, message }) }
  const criteria = accessEntries(access)
    .map(({ path, key, operand }) => parseEntry(key, operand, [...at, ...path], reading))
    .filter((criterion): criterion is Criterion => criterion !== undefined)
  const rules =
    criteria.length === 0
      ? []
      : [{ action: 'allow' as const, path: at, blocks: [{ operator: 'or' as const, path: at, criteria }] }]
  return { policy: { rules }, issues }
}

interface AccessEntry {
  readonly path: Path
  readonly key: string
  readonly operand: unknown
}

function accessEntries(access: AccessShorthands): readonly AccessEntry[] {
  return [
    ...flag(access.allowPublicUnauthenticatedAccess, 'allow_public_unauthenticated_access', 'accept'),
    ...flag(access.corsAllowPreflight, 'cors_allow_preflight', 'cors_preflight'),
    ...flag(access.allowAnyAuthenticatedUser, 'allow_any_authenticated_user', 'authenticated_user'),
    ...access.allowedUsers.flatMap((user, index) => allowedUser(user, ['allowed_users', index])),
    ...access.allowedDomains.map((operand, index) => ({ path: ['allowed_domains', index], key: 'domain', operand })),
    ...Object.entries(access.allowedIdpClaims).flatMap(([claim, values]) =>
      values.map((operand, index) => ({
        path: ['allowed_idp_claims', claim, index],
        key: `claim/${claim}`,
        operand,
      })),
    ),
  ]
}

function flag(set: boolean, name: string, key: string): readonly AccessEntry[] {
  return set ? [{ path: [name], key, operand: true }] : []
}

/** `allowed_users` takes ids and e-mail addresses alike; what has no `@` is no address. */
function allowedUser(user: string, path: Path): readonly AccessEntry[] {
  const id = { path, key: 'user', operand: user }
  return user.includes('@') ? [id, { path, key: 'email', operand: user }] : [id]
}
