import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { sessionEndMs } from '@postern/shared/session/session-lifetime.ts'
import type { Session, SessionHandle, SessionId } from '@postern/shared/session/session.ts'
import { uncounted, type AuthorizeMetrics } from '../metrics.ts'
import type { SessionCopies } from './session-copies.ts'
import { VerifiedCredentials } from './verified-credentials.ts'

export type ResolvedCredential =
  | { readonly kind: 'session'; readonly session: Session; readonly sessionId: SessionId }
  /** Nothing was presented. */
  | { readonly kind: 'none' }
  /** Something was, and it names no living session at this host: the cookie is worth clearing. */
  | {
      readonly kind: 'refused'
      readonly why: 'malformed' | 'signature' | 'expired' | 'claims' | 'no-session' | 'session-over'
    }

export interface CredentialResolverDeps {
  readonly credentials: SessionCredentials
  readonly copies: SessionCopies
  /** When this session was last used here, which the store may not know yet; see `UseRecorder`. */
  readonly lastUse?: (handle: SessionHandle) => number | undefined
  /** Left out: nothing is counted. */
  readonly metrics?: Pick<AuthorizeMetrics, 'sessionMissing' | 'credentialRefused'>
}

/** From what a browser or a program presents to the session it names. */
export class CredentialResolver {
  readonly #verified: VerifiedCredentials
  readonly #copies: SessionCopies
  readonly #lastUse: (handle: SessionHandle) => number | undefined
  readonly #metrics: Pick<AuthorizeMetrics, 'sessionMissing' | 'credentialRefused'>

  constructor(deps: CredentialResolverDeps) {
    this.#verified = new VerifiedCredentials(deps.credentials)
    this.#copies = deps.copies
    this.#lastUse = deps.lastUse ?? (() => undefined)
    this.#metrics = deps.metrics ?? uncounted()
  }

  /**
   * @throws PosternError SESSION_STORE_UNAVAILABLE when the store cannot answer: a credential that verified is then
   * neither accepted nor refused.
   */
  async resolveCredential(credential: string | undefined, host: string, now: Date): Promise<ResolvedCredential> {
    if (credential === undefined || credential === '') return { kind: 'none' }
    const verdict = await this.#verified.verify(credential, host, now)
    if (verdict.kind === 'refused') {
      this.#metrics.credentialRefused(verdict.why)
      return verdict
    }
    const { handle, sessionId } = verdict
    const lookup = await this.#copies.find(handle)
    if (lookup.kind === 'unavailable') {
      throw new PosternError('SESSION_STORE_UNAVAILABLE', 'the session store did not answer', { cause: lookup.cause })
    }
    if (lookup.kind === 'absent') {
      this.#metrics.sessionMissing()
      return { kind: 'refused', why: 'no-session' }
    }
    if (this.#endMs(lookup.session) <= now.getTime()) {
      this.#metrics.credentialRefused('session-over')
      return { kind: 'refused', why: 'session-over' }
    }
    return { kind: 'session', session: lookup.session, sessionId }
  }

  #endMs(session: Session): number {
    const usedMs = this.#lastUse(session.handle) ?? 0
    return sessionEndMs({ ...session, lastUsedAtMs: Math.max(session.lastUsedAtMs, usedMs) })
  }
}
