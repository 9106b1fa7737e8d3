import type { PolicyIssue } from './policy.ts'
import { routePolicy } from './route-policy.ts'

/** What is wrong with who may use a route, for `postern validate`, for start-up and for a reload. */
export function checkPolicy(route: Parameters<typeof routePolicy>[0]): readonly PolicyIssue[] {
  const result = routePolicy(route)
  return result.kind === 'invalid' ? result.issues : []
}
