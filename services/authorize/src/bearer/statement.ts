import type { Identity } from '@postern/shared/vocabulary/identity.ts'

/** What a verified token says, whoever presents it and wherever. */
export interface Statement {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly identity: Identity
  readonly issuedAtMs: number | undefined
  readonly expiresAtMs: number
}

/** A token's statement, or why it makes none; the reason is for the log. */
export type Verified =
  { readonly kind: 'valid'; readonly statement: Statement } | { readonly kind: 'refused'; readonly why: string }

export function refused(why: string): Verified {
  return { kind: 'refused', why }
}
