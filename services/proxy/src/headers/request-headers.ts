import type { HeaderPair } from '@postern/shared/vocabulary/check.ts'
import type { ClientHeader } from '../request/request-head.ts'
import { hopsHeader, type HeaderNames } from '../request/header-names.ts'
import type { HostRewrite } from '../routes/host-rewrite.ts'

/** What a route adds to and takes from every request, worked out when the configuration is read. */
export interface RequestHeaderPlan {
  readonly hostFor: HostRewrite['hostFor']
  readonly sendsForwardedHost: boolean
  readonly scheme: 'http' | 'https'
  /** Name, value, name, value, …: `set_request_headers`. */
  readonly set: readonly string[]
  /** Folded names that no client header may have here. */
  readonly dropped: ReadonlySet<string>
  /** Folded names that are taken away from what Postern itself would send. */
  readonly removed: ReadonlySet<string>
}

export interface RequestHeaderFacts {
  readonly clientHeaders: readonly ClientHeader[]
  /** Without Postern's own. */
  readonly cookies: string | undefined
  /** Without Postern's own credential. */
  readonly authorization: string | undefined
  readonly host: string
  /** Canonical, before it is rewritten. */
  readonly path: string
  readonly forwardedFor: string
  readonly requestId: string
  readonly hops: number
  /** From the decision. */
  readonly identity: readonly HeaderPair[]
  /** From the decision: names to take away from the client's headers. */
  readonly removedByDecision: readonly string[]
  /** The Google token under the names that the route wants. */
  readonly serverless: readonly string[]
  readonly contentLength: number | undefined
  /** Of the current configuration. */
  readonly names: HeaderNames
}

/**
 * The complete header list for the upstream, as name, value, name, value. It starts from nothing: ours first, then what
 * survives of the client's, in its order and spelling, repeats kept (security-cases §6 rule 1).
 */
export function buildRequestHeaders(plan: RequestHeaderPlan, facts: RequestHeaderFacts): string[] {
  const headers = ['host', plan.hostFor(facts)]
  addOurs(headers, plan, facts)
  const overridden = namesFromDecision(facts)
  for (const { name, value } of facts.clientHeaders) {
    if (plan.dropped.has(name.folded) || overridden?.has(name.folded)) continue
    headers.push(name.sent, value)
  }
  if (facts.cookies !== undefined && !isTaken('cookie', plan, overridden)) headers.push('cookie', facts.cookies)
  if (facts.authorization !== undefined && !isTaken('authorization', plan, overridden)) {
    if (!facts.serverless.includes('authorization')) headers.push('authorization', facts.authorization)
  }
  if (facts.contentLength !== undefined) headers.push('content-length', String(facts.contentLength))
  return headers
}

function addOurs(headers: string[], plan: RequestHeaderPlan, facts: RequestHeaderFacts): void {
  const { removed } = plan
  if (!removed.has('x-forwarded-for')) headers.push('x-forwarded-for', facts.forwardedFor)
  if (!removed.has('x-forwarded-proto')) headers.push('x-forwarded-proto', plan.scheme)
  if (plan.sendsForwardedHost) headers.push('x-forwarded-host', facts.host)
  headers.push('x-request-id', facts.requestId, hopsHeader, String(facts.hops + 1))
  headers.push(...facts.serverless)
  for (const [name, value] of facts.identity) headers.push(name, value)
  headers.push(...plan.set)
}

/** Names that the decision sets or removes and a client could send. Mostly all are reserved: then there is none. */
function namesFromDecision({ identity, removedByDecision, names }: RequestHeaderFacts): Set<string> | undefined {
  let taken: Set<string> | undefined
  for (const [name] of identity) {
    const { use, folded } = names.find(name)
    if (use !== 'drop') taken = (taken ?? new Set()).add(folded)
  }
  for (const name of removedByDecision) {
    const { use, folded } = names.find(name)
    if (use !== 'drop') taken = (taken ?? new Set()).add(folded)
  }
  return taken
}

function isTaken(name: string, plan: RequestHeaderPlan, overridden: ReadonlySet<string> | undefined): boolean {
  return plan.dropped.has(name) || overridden?.has(name) === true
}
