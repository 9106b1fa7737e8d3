import type { SessionCredentials, VerifiedCredential } from '@postern/shared/session/session-credential.ts'
import { createLru, type Lru } from '../lru.ts'

type Valid = Extract<VerifiedCredential, { kind: 'valid' }>

const maxEntries = 20_000

/**
 * Remembers which credentials verified, because verifying takes ten times as long as the rest and every request carries one. What is
 * remembered holds for its own host and until it expires; nothing that was refused is remembered.
 */
export class VerifiedCredentials {
  readonly #credentials: SessionCredentials
  readonly #verified: Lru<Valid & { readonly host: string }> = createLru({ maxEntries })

  constructor(credentials: SessionCredentials) {
    this.#credentials = credentials
  }

  async verify(credential: string, host: string, now: Date): Promise<VerifiedCredential> {
    const known = this.#verified.get(credential)
    if (known?.host === host && now.getTime() < known.expiresAtMs) return known
    const verdict = await this.#credentials.verify(credential, host, now)
    if (verdict.kind === 'valid') this.#verified.set(credential, { ...verdict, host })
    return verdict
  }
}
