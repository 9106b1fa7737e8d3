import type { RequestRules } from '../route-options.ts'
import type { Assembly } from './assembly.ts'

/** How ambiguous requests are read; what is laxer than the defaults is worth a warning. */
export function readRequestRules({ values, report }: Assembly): RequestRules {
  const rules = {
    headersWithUnderscores: values.headers_with_underscores_action,
    escapedSlashes: values.path_with_escaped_slashes_action,
    mergeSlashes: values.merge_slashes,
    normalizePath: values.normalize_path,
  }
  if (rules.headersWithUnderscores === 'allow')
    report.warning(
      ['headers_with_underscores_action'],
      'to many applications X_Pomerium_Jwt_Assertion is the same header as X-Pomerium-Jwt-Assertion, so a client could set it',
    )
  const readTwice = 'the application may read a path differently from the policy that allowed it'
  if (rules.escapedSlashes === 'keep') report.warning(['path_with_escaped_slashes_action'], readTwice)
  if (!rules.mergeSlashes) report.warning(['merge_slashes'], readTwice)
  if (!rules.normalizePath) report.warning(['normalize_path'], readTwice)
  return rules
}
