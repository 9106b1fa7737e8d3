import type { Session } from './session.ts'

/**
 * When a session is over, in milliseconds since the epoch: at its absolute end, or, where there is an idle limit, when it
 * was not used for so long. At this very moment it is over already.
 */
export function sessionEndMs(session: Pick<Session, 'expiresAtMs' | 'idleTimeoutMs' | 'lastUsedAtMs'>): number {
  if (session.idleTimeoutMs === 0) return session.expiresAtMs
  return Math.min(session.expiresAtMs, session.lastUsedAtMs + session.idleTimeoutMs)
}
