import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '@postern/shared/clock.ts'
import type { Sealer } from '@postern/shared/crypto/seal.ts'
import type { ErrorCode } from '@postern/shared/errors/catalogue.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { openTokens, sealTokens } from '@postern/shared/session/idp-tokens.ts'
import type { SessionLock, SessionStore } from '@postern/shared/session/session-store.ts'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'
import { IdpError } from '../idp/idp-error.ts'
import type { IdentityProviders, RefreshedTokens } from '../idp/identity-provider.ts'
import type { AuthenticateMetrics } from '../metrics.ts'
import { refreshDue } from './new-session.ts'
import type { RefreshBackOffs } from './refresh-back-off.ts'
import { endSession, findSession } from './session-record.ts'
import { UnsavedRefreshes } from './unsaved-refreshes.ts'

/** As the contract has it: `authenticate.proto`, `RefreshSessionResponse.Outcome`. */
export type RefreshOutcome = 'refreshed' | 'current' | 'ended' | 'idp-unavailable'

/** How long a session lives on while the IdP does not answer; after that it is refused until the IdP is back. */
export const graceMs = 3_600_000

/** A refresh may be asked for so long before it is due: clocks differ. */
const earlyMs = 60_000
const lockLifetimeMs = 10_000
const renewEveryMs = 3_000
const pollEveryMs = 100
/** An IdP that says nothing about the lifetime of its tokens is asked again after an hour. */
const assumedLifetimeMs = 3_600_000

/** The IdP, or we, say that this person is not signed in any more. */
const endsSession: ReadonlySet<ErrorCode> = new Set([
  'IDP_REJECTED_CODE',
  'IDP_CLAIMS_REFUSED',
  'IDP_AUTHENTICATION_INSUFFICIENT',
])

export interface SessionRefresherDeps {
  readonly sessions: SessionStore
  readonly idps: IdentityProviders
  readonly tokenSealer: Sealer
  readonly backOffs: RefreshBackOffs
  readonly metrics: Pick<AuthenticateMetrics, 'refreshed'>
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Renews the IdP tokens of sessions: one refresh at a time per session, in this process and across all replicas, and a
 * write that is refused when the session ended meanwhile. A refresh token that rotates is used once.
 */
export class SessionRefresher {
  readonly #deps: SessionRefresherDeps
  readonly #running = new Map<SessionHandle, Promise<RefreshOutcome>>()
  readonly #unsaved: UnsavedRefreshes

  constructor(deps: SessionRefresherDeps) {
    this.#deps = deps
    this.#unsaved = new UnsavedRefreshes(deps.sessions)
  }

  /** How many renewed sessions could not be written yet. */
  get unsaved(): number {
    return this.#unsaved.size
  }

  /**
   * Throws `IDP_UNAVAILABLE` when the grace period is over, `SESSION_STORE_UNAVAILABLE` when the store does not answer.
   * `deadlineMs`: how long the caller waits for a refresh that another replica is making.
   */
  refresh(handle: SessionHandle, deadlineMs: number): Promise<RefreshOutcome> {
    const running = this.#running.get(handle)
    if (running) return running
    const begun = this.#refresh(handle, deadlineMs).finally(() => this.#running.delete(handle))
    this.#running.set(handle, begun)
    return begun
  }

  async #refresh(handle: SessionHandle, deadlineMs: number): Promise<RefreshOutcome> {
    const session = await findSession(this.#deps.sessions, handle)
    if (!session) return 'ended'
    if (!this.#isDue(session)) return 'current'
    if (this.#deps.backOffs.of(session.idpId).pausing) return this.#withinGrace(session)
    const attempt = await this.#deps.sessions.acquireLock(`refresh:${handle}`, lockLifetimeMs)
    switch (attempt.kind) {
      case 'unavailable':
        throw new PosternError('SESSION_STORE_UNAVAILABLE', 'no lock could be had', { cause: attempt.cause })
      case 'held':
        return this.#awaitOther(session, deadlineMs)
      case 'acquired':
        return this.#refreshLocked(handle, attempt.lock)
    }
  }

  async #refreshLocked(handle: SessionHandle, lock: SessionLock): Promise<RefreshOutcome> {
    const renewal = setInterval(() => void lock.renew(), renewEveryMs)
    try {
      // Whoever held the lock before us may have done the work.
      const session = await findSession(this.#deps.sessions, handle)
      if (!session) return 'ended'
      return this.#isDue(session) ? await this.#renew(session) : 'current'
    } finally {
      clearInterval(renewal)
      await lock.release()
    }
  }

  async #renew(session: Session): Promise<RefreshOutcome> {
    const next = this.#unsaved.of(session) ?? (await this.#askIdp(session))
    if (typeof next === 'string') return next
    const written = await this.#unsaved.write(next)
    if (written.kind === 'done') return 'refreshed'
    // Sign-out came first, or another refresh did: the record says which.
    return (await findSession(this.#deps.sessions, session.handle)) ? 'current' : 'ended'
  }

  async #askIdp(session: Session): Promise<Session | RefreshOutcome> {
    const idp = this.#deps.idps.find(session.idpId)
    const tokens = openTokens(this.#deps.tokenSealer, session.sealedTokens)
    if (!tokens || !idp) return this.#end(session, 'its tokens cannot be used any more')
    try {
      const fresh = await idp.refresh({ issuer: session.issuer, identity: session.identity, tokens })
      this.#deps.backOffs.of(idp.id).succeeded()
      this.#deps.metrics.refreshed()
      return this.#renewed(session, fresh)
    } catch (error) {
      this.#deps.metrics.refreshed(error)
      return this.#afterFailure(session, error)
    }
  }

  #renewed(session: Session, fresh: RefreshedTokens): Session {
    const expiresAtMs = fresh.accessTokenExpiresAtMs ?? this.#now() + assumedLifetimeMs
    return {
      ...session,
      version: session.version + 1,
      identity: fresh.identity,
      refreshDueAtMs: refreshDue(fresh.tokens, expiresAtMs),
      sealedTokens: sealTokens(this.#deps.tokenSealer, fresh.tokens),
    }
  }

  async #afterFailure(session: Session, error: unknown): Promise<RefreshOutcome> {
    const { log, backOffs, sessions } = this.#deps
    const code = error instanceof PosternError ? error.code : undefined
    const fields = { 'session-id': session.handle, user: session.identity.userId, idp: session.idpId, error }
    if (code !== undefined && endsSession.has(code)) {
      const current = await findSession(sessions, session.handle)
      // Our lock ran out and another replica used the token: that is no verdict on the session.
      if (current && current.version !== session.version) return 'current'
      log.warn(fields, 'the IdP ended a session')
      return this.#end(session, code)
    }
    if (code !== 'IDP_UNAVAILABLE' && code !== 'IDP_MISCONFIGURED') throw error
    backOffs.of(session.idpId).failed(error instanceof IdpError ? error.retryAfterMs : undefined)
    if (code === 'IDP_MISCONFIGURED') log.error(fields, 'the IdP does not accept our client credentials')
    else log.warn(fields, 'the IdP did not refresh a session')
    return this.#withinGrace(session)
  }

  async #end(session: Session, why: string): Promise<RefreshOutcome> {
    await endSession(this.#deps.sessions, session.handle)
    this.#deps.log.info({ 'session-id': session.handle, user: session.identity.userId, why }, 'a session ended')
    return 'ended'
  }

  /** Another replica is at it: the record tells when it is done. */
  async #awaitOther(session: Session, deadlineMs: number): Promise<RefreshOutcome> {
    for (let waitedMs = 0; waitedMs < deadlineMs; waitedMs += pollEveryMs) {
      await wait(pollEveryMs)
      const current = await findSession(this.#deps.sessions, session.handle)
      if (!current) return 'ended'
      if (current.version !== session.version) return 'current'
    }
    return this.#withinGrace(session)
  }

  #withinGrace(session: Session): RefreshOutcome {
    if (this.#now() < (session.refreshDueAtMs ?? 0) + graceMs) return 'idp-unavailable'
    throw new PosternError('IDP_UNAVAILABLE', 'the grace period of a session is over')
  }

  #isDue(session: Session): boolean {
    return session.refreshDueAtMs !== undefined && this.#now() >= session.refreshDueAtMs - earlyMs
  }

  #now(): number {
    return this.#deps.clock.now().getTime()
  }
}
