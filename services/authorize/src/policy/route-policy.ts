import { readAccess, type AccessShorthands } from './access.ts'
import { parseEntry } from './grammar/parse-criterion.ts'
import { parsePolicy, type ParseResult } from './parse-policy.ts'
import type { Path, Policy } from './policy.ts'

export interface RoutePolicySource {
  /** The route's PPL document as plain data; `undefined` where it has none. */
  readonly policy: unknown
  /** Where the document stands in the file; its last key names it within the route. */
  readonly policyPath: Path
  readonly access: AccessShorthands
  /** The flattened claim that holds a person's groups; left out: `groups`. */
  readonly groupsClaim?: string | undefined
  /** Whoever shows no valid client certificate is refused first of all; left out: only where a rule says so. */
  readonly demandsClientCertificate?: boolean | undefined
}

/**
 * The whole policy of a route: the shorthands beside `policy`, then `policy` itself. Every path in it, and in the
 * issues, starts at the file's root. A route with neither allows nobody.
 */
export function routePolicy(source: RoutePolicySource): ParseResult {
  const { groupsClaim = 'groups' } = source
  const access = readAccess(source.access, source.policyPath.slice(0, -1))
  const allowedElsewhere = access.policy.rules.length > 0 || access.issues.length > 0
  const own: ParseResult =
    source.policy === undefined
      ? { kind: 'ok', policy: { rules: [] } }
      : parsePolicy(source.policy, { groupsClaim, at: source.policyPath, allowedElsewhere })
  const issues = [...access.issues, ...(own.kind === 'invalid' ? own.issues : [])]
  if (own.kind === 'invalid' || issues.length > 0) return { kind: 'invalid', issues }
  const demanded = source.demandsClientCertificate === true ? denyInvalidCertificates() : { rules: [] }
  return { kind: 'ok', policy: joinPolicies(access.policy, own.policy, demanded) }
}

/** The rule that nobody has to write (pomerium-facts §3.5). It stands where `downstream_mtls` does. */
function denyInvalidCertificates(): Policy {
  const at = ['downstream_mtls']
  const criterion = parseEntry('invalid_client_certificate', true, at, { groupsClaim: '', problem: () => undefined })
  if (criterion === undefined) throw new TypeError('the criterion is right')
  return { rules: [{ action: 'deny', path: at, blocks: [{ operator: 'or', path: at, criteria: [criterion] }] }] }
}

/** All rules of all policies: rules of one action widen each other, and any `deny` wins. */
export function joinPolicies(...policies: readonly Policy[]): Policy {
  return { rules: policies.flatMap((policy) => policy.rules) }
}
