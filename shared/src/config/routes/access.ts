import type { AccessShorthands } from '../model.ts'
import type { Report } from '../read/report.ts'
import type { RouteDraft } from './route-draft.ts'

export function accessOf({ values }: RouteDraft): AccessShorthands {
  return {
    allowPublicUnauthenticatedAccess: values.allow_public_unauthenticated_access,
    allowAnyAuthenticatedUser: values.allow_any_authenticated_user,
    corsAllowPreflight: values.cors_allow_preflight,
    allowedUsers: values.allowed_users ?? [],
    allowedDomains: values.allowed_domains ?? [],
    allowedIdpClaims: values.allowed_idp_claims ?? {},
  }
}

const listKeys = ['allowed_users', 'allowed_domains', 'allowed_idp_claims'] as const

/** Keys that contradict each other, widen where people expect them to narrow, or let nobody in. */
export function checkAccess({ values, path }: RouteDraft, report: Report): void {
  const lists = listKeys.filter((key) => values[key] !== undefined)
  const hasPolicy = values.policy !== undefined
  const isPublic = values.allow_public_unauthenticated_access
  const [list] = lists
  if (isPublic) {
    const others = [
      ...lists,
      ...(hasPolicy ? ['policy'] : []),
      ...(values.allow_any_authenticated_user ? ['allow_any_authenticated_user'] : []),
    ]
    for (const key of others)
      report.error(
        [...path, key],
        'contradicts allow_public_unauthenticated_access: true, which lets everybody in',
        'key',
      )
    return
  }
  if (values.allow_any_authenticated_user) {
    for (const key of lists)
      report.error(
        [...path, key],
        'contradicts allow_any_authenticated_user: true, which lets everybody in who signs in',
        'key',
      )
    if (hasPolicy)
      report.warning(
        [...path, 'allow_any_authenticated_user'],
        'lets in everybody who signs in, whatever the policy beside it allows',
        'key',
      )
  }
  if (list !== undefined && hasPolicy) {
    report.warning(
      [...path, list],
      'widens access: who is listed here gets in besides whom the policy allows; put it into the policy to narrow',
      'key',
    )
  }
  checkSomebody({ values, path }, lists.length > 0, report)
}

function checkSomebody({ values, path }: Pick<RouteDraft, 'values' | 'path'>, hasList: boolean, report: Report): void {
  const { policy } = values
  if (policy === null || policy === '') report.error([...path, 'policy'], 'given but empty; expected a policy', 'key')
  const isEmpty = typeof policy === 'object' && policy !== null && Object.keys(policy).length === 0
  if (policy !== undefined && isEmpty)
    report.warning(
      [...path, 'policy'],
      'the policy is empty, so it lets nobody in; say who may, or set allow_any_authenticated_user',
      'key',
    )
  if (policy === undefined && !hasList && !values.allow_any_authenticated_user) {
    report.warning(path, 'the route has no policy, so it lets nobody in; add one, or set allow_any_authenticated_user')
  }
}
