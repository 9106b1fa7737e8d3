import type { ConfigIssue, ConfigPath, ConfigPlace } from './config-issue.ts'

/** What a policy checker says about one document: nothing, or what is wrong where inside it. */
export type PolicyCheck = (document: unknown) => readonly { readonly path: ConfigPath; readonly message: string }[]

interface PolicyHolder {
  readonly policy: unknown
  readonly policyPath: ConfigPath
}

/**
 * The mistakes in the routes' policies, each with its place in the file. The language belongs to authorize, so the
 * checker comes as a parameter.
 */
export function findPolicyIssues(
  routes: readonly PolicyHolder[],
  check: PolicyCheck,
  locate: (path: ConfigPath) => ConfigPlace,
): ConfigIssue[] {
  return routes.flatMap(({ policy, policyPath }) => {
    if (policy === undefined || policy === null) return []
    return check(policy).map(({ path, message }) => {
      const whole = [...policyPath, ...path]
      return { severity: 'error' as const, path: whole, message, ...locate(whole) }
    })
  })
}
