import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { Sealer } from '@postern/shared/crypto/seal.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import { sealTokens } from '@postern/shared/session/idp-tokens.ts'
import { handleOf, newSessionId } from '@postern/shared/session/session-id.ts'
import type { IdpTokens, Session, SessionId } from '@postern/shared/session/session.ts'
import type { IdpSignIn } from '../idp/identity-provider.ts'

export interface NewSessionContext {
  readonly config: Pick<AuthenticateConfig, 'cookie' | 'sessionIdleTimeoutMs'>
  readonly idpId: string
  readonly tokenSealer: Sealer
  readonly random: RandomBytes
  readonly now: Date
}

/** The record of a sign-in, under an id that nobody has seen before. */
export function newSession(
  signIn: IdpSignIn,
  context: NewSessionContext,
): { readonly sessionId: SessionId; readonly session: Session } {
  const sessionId = newSessionId(context.random)
  const nowMs = context.now.getTime()
  const session: Session = {
    handle: handleOf(sessionId),
    version: 1,
    identity: signIn.identity,
    issuer: signIn.issuer,
    idpId: context.idpId,
    idpSid: signIn.idpSid,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + context.config.cookie.expireMs,
    lastUsedAtMs: nowMs,
    idleTimeoutMs: context.config.sessionIdleTimeoutMs,
    refreshDueAtMs: refreshDue(signIn.tokens, signIn.accessTokenExpiresAtMs),
    sealedTokens: sealTokens(context.tokenSealer, signIn.tokens),
  }
  return { sessionId, session }
}

/** When the IdP wants to be asked again; never, where it gave nothing to ask with. */
export function refreshDue(tokens: IdpTokens, accessTokenExpiresAtMs: number | undefined): number | undefined {
  return tokens.refreshToken === undefined ? undefined : accessTokenExpiresAtMs
}
