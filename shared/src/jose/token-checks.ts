import type { JwtClaims } from './jwt.ts'

/** How far an issuer's clock may be ahead of ours, in seconds. */
const clockToleranceSeconds = 30

/**
 * The times of a verified statement; why it does not hold now, or `undefined` when it does. One without an end holds
 * for nobody, unless its issuer said just now that it does (`mayBeEndless`).
 */
export function whyNotNow(
  { exp, nbf, iat }: JwtClaims,
  now: Date,
  { mayBeEndless = false }: { readonly mayBeEndless?: boolean } = {},
): 'expired' | 'time' | undefined {
  const seconds = now.getTime() / 1000
  if (exp !== undefined || !mayBeEndless) {
    if (!isTime(exp)) return 'time'
    if (exp <= seconds) return 'expired'
  }
  for (const start of [nbf, iat]) {
    if (start !== undefined && (!isTime(start) || start > seconds + clockToleranceSeconds)) return 'time'
  }
  return undefined
}

/**
 * The audiences of a statement, which are texts; none where it names none, or names them in any other way.
 */
export function audiencesOf({ aud }: JwtClaims): readonly string[] {
  const list: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return list.every((audience) => typeof audience === 'string' && audience !== '') ? (list as readonly string[]) : []
}

/** Whether a statement is for us alone: one that others may present too proves nothing about who presents it. */
export function isFor(audiences: readonly string[], ours: readonly string[]): boolean {
  return audiences.length > 0 && audiences.every((audience) => ours.includes(audience))
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
