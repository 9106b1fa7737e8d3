import type { SessionDirectory } from './session-directory.ts'
import type { Session, SessionHandle } from './session.ts'

/**
 * The answer of a store. A store that cannot answer is a different thing from a session that is not there: the first is
 * a 503 with the cookie kept, the second a sign-in. The two cannot be confused, because both have to be handled.
 */
export type SessionLookup =
  | { readonly kind: 'found'; readonly session: Session }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unavailable'; readonly cause: unknown }

/** The answer of a write. `conflict`: another write or the end of the session came first; read again. */
export type SessionWrite =
  { readonly kind: 'done' } | { readonly kind: 'conflict' } | { readonly kind: 'unavailable'; readonly cause: unknown }

/** What a store tells about changes made by anybody, anywhere. */
export interface SessionChangeListener {
  /** These records were written or deleted, or ran out. */
  changed(handles: readonly SessionHandle[]): void
  /** Any record may have changed unseen (flushed, or the channel was down). Forget all copies. */
  allChanged(): void
  /** From now on changes may go unseen until `channelUp`: use no copies. */
  channelDown(): void
  channelUp(): void
}

/** Authorize gets this. Every call has a deadline inside the store; nothing here is ever pending for longer. */
export interface SessionReader {
  find(handle: SessionHandle): Promise<SessionLookup>
  /** `listener` hears of every change within 100 ms. Starts in the "channel down" state. */
  watch(listener: SessionChangeListener): Disposable
}

/**
 * Authenticate gets this too. Every write is one atomic command or script; every key has a lifetime. A record that is
 * written twice in the same words is `done` twice: a store may send again what a failover struck.
 */
export interface SessionWriter {
  /** Writes a new record and its index entries. */
  create(session: Session): Promise<SessionWrite>
  /** Replaces the record if its version is still `session.version - 1`. An ended session never comes back. */
  replace(session: Session): Promise<SessionWrite>
  /** Moves `lastUsedAtMs` forward (never back), without raising the version. Ended sessions stay ended. */
  touch(handle: SessionHandle, lastUsedAtMs: number): Promise<SessionWrite>
  /** Ends one session. Ending what is not there is `done`. */
  end(handle: SessionHandle): Promise<SessionWrite>
  /** Ends every session of this person at this issuer, who goes by one of `namesAtIssuer`; answers how many. */
  endByUser(issuer: string, name: string): Promise<EndedSessions>
  /** Ends the sessions that began with this `sid` at this issuer. */
  endByIdpSid(issuer: string, idpSid: string): Promise<EndedSessions>
  /** True for exactly one caller per key within `lifetimeMs`: one-time tickets, back-channel `jti`s. */
  claimOnce(key: string, lifetimeMs: number): Promise<OnceClaim>
  /** One holder per key across all replicas, for at most `lifetimeMs`; `undefined` lock when somebody holds it. */
  acquireLock(key: string, lifetimeMs: number): Promise<LockAttempt>
}

export type EndedSessions =
  { readonly kind: 'done'; readonly count: number } | { readonly kind: 'unavailable'; readonly cause: unknown }

export type OnceClaim =
  { readonly kind: 'first' } | { readonly kind: 'repeated' } | { readonly kind: 'unavailable'; readonly cause: unknown }

export type LockAttempt =
  | { readonly kind: 'acquired'; readonly lock: SessionLock }
  | { readonly kind: 'held' }
  | { readonly kind: 'unavailable'; readonly cause: unknown }

export interface SessionLock {
  /** False when it ran out and somebody else may hold it. */
  renew(): Promise<boolean>
  release(): Promise<void>
}

/** Only stores implement this. */
export interface SessionStore extends SessionReader, SessionWriter, SessionDirectory, AsyncDisposable {
  /** Whether the store answers, for readiness; `undefined` detail when it does. */
  ping(): Promise<{ readonly kind: 'up' } | { readonly kind: 'unavailable'; readonly cause: unknown }>
}
