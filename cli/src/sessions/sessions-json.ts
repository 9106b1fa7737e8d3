import { sessionEndMs } from '@postern/shared/session/session-lifetime.ts'
import type { Session } from '@postern/shared/session/session.ts'

/** A session for programs. Without its tokens, sealed as they are: they are nobody's business. */
export function sessionJson(session: Session): Readonly<Record<string, unknown>> {
  const { userId, email, name, claims } = session.identity
  return {
    session: session.handle,
    userId,
    email,
    name,
    issuer: session.issuer,
    signedInAt: new Date(session.issuedAtMs),
    lastUsedAt: new Date(session.lastUsedAtMs),
    endsAt: new Date(sessionEndMs(session)),
    expiresAt: new Date(session.expiresAtMs),
    claims,
  }
}
