import type { GoogleAnswer } from './google-answer.ts'

/** One credential that Google gives ID tokens for. */
export interface IdTokenMinter {
  /** Which credential, in words for an operator; nothing of its content. */
  readonly name: string
  /** Something about the credential that an operator should hear at start. */
  readonly warning?: string
  /** Longest wait for an answer. */
  readonly timeoutMs: number
  /** An `aud` that Google puts in whatever was asked for: the client id, for a person's credential. */
  readonly fixedAudience?: string
  /** Asks Google. Rejects with whatever the library throws; the answer is not checked yet. */
  mint(audience: string): Promise<string>
  /** What an operator can do about the failure. */
  advise(answer: GoogleAnswer): string
}
