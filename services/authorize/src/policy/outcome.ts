import type { Decision, Reason } from '@postern/shared/vocabulary/decision.ts'

/** What all rules of one action say together: whether any is true, and the reasons for that. */
export interface Side {
  readonly holds: boolean
  readonly reasons: readonly Reason[]
}

const certificateReasons: readonly Reason[] = ['client-certificate-required', 'invalid-client-certificate']

/**
 * Chooses the outcome. The order is the contract: a certificate that is missing cannot be mended by signing in; who
 * is unknown signs in before any rule about people counts; then deny wins over allow, and silence is a refusal.
 */
export function selectOutcome(allow: Side, deny: Side): Decision {
  if (hasCertificateReason(deny.reasons)) return refusal(deny.reasons)
  if (allow.reasons.includes('user-unauthenticated') || deny.reasons.includes('user-unauthenticated')) {
    return { kind: 'sign-in', reasons: inOrder([...allow.reasons, ...deny.reasons]) }
  }
  if (deny.holds) return refusal(deny.reasons)
  if (allow.holds) return { kind: 'allow', reasons: allow.reasons }
  return refusal(allow.reasons)
}

/** The one order in which reasons are given: alphabetical, each once. */
export function inOrder(reasons: readonly Reason[]): readonly Reason[] {
  return reasons.length < 2 ? reasons : [...new Set(reasons)].sort()
}

function refusal(reasons: readonly Reason[]): Decision {
  return { kind: 'deny', status: hasCertificateReason(reasons) ? 495 : 403, reasons }
}

/** A certificate is missing or does not check out. */
export function hasCertificateReason(reasons: readonly Reason[]): boolean {
  return certificateReasons.some((reason) => reasons.includes(reason))
}
