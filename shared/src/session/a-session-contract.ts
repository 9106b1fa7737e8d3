import { randomBytes } from 'node:crypto'
import type { SessionStore } from './session-store.ts'
import type { Session } from './session.ts'
import { handleOf, newSessionId } from './session-id.ts'

export interface OpenedStore extends AsyncDisposable {
  readonly store: SessionStore
  /** The store's idea of now. */
  readonly nowMs: () => number
  /** Lets so much time pass, in truth or on the clock; called with short times only. */
  advance(ms: number): Promise<void>
}

/** A session that began now; everything about it can be chosen. */
export function aSession(nowMs: number, chosen: Partial<Session> = {}): Session {
  return {
    handle: handleOf(newSessionId(randomBytes)),
    version: 1,
    identity: { userId: 'ada', email: 'ada@example.com', name: 'Ada', claims: { groups: ['eng', 7, true], empty: [] } },
    issuer: 'https://idp.example.com',
    idpId: 'default',
    idpSid: 'idp-session-1',
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + 60_000,
    lastUsedAtMs: nowMs,
    idleTimeoutMs: 0,
    refreshDueAtMs: undefined,
    sealedTokens: 'sealed',
    ...chosen,
  }
}
