import type { Clock } from '@postern/shared/clock.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { SessionReader } from '@postern/shared/session/session-store.ts'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'
import type { RefreshOutcome } from './authenticate-calls.ts'
import { createLru, type Lru } from './lru.ts'

/** How long a session lives on while nobody can refresh it; the same as authenticate's own grace period. */
const graceMs = 3_600_000
/** After a refresh that came to nothing, the session's next checks (all sessions', without authenticate) go on for so long. */
const pauseMs = 10_000
/** What is left of a check's deadline for everything after the refresh. */
const marginMs = 100

export interface SessionRefreshesDeps {
  readonly refresh: (handle: SessionHandle) => Promise<RefreshOutcome>
  readonly sessions: Pick<SessionReader, 'find'>
  readonly clock: Clock
  readonly log: Logger
}

type Refreshed = RefreshOutcome | PosternError

/** Refreshes sessions when a request arrives after they were due: one refresh at a time for each session. */
export class SessionRefreshes {
  readonly #deps: SessionRefreshesDeps
  readonly #running = new Map<SessionHandle, Promise<Refreshed>>()
  #awayUntilMs = 0
  readonly #paused: Lru<{ readonly untilMs: number }> = createLru({ maxEntries: 10_000 })

  constructor(deps: SessionRefreshesDeps) {
    this.#deps = deps
  }

  /**
   * The session as it is good for this check; `undefined` when the IdP ended it. Takes no longer than the check may: a
   * refresh that does is finished for the next one.
   * @throws PosternError `IDP_UNAVAILABLE` or `AUTHENTICATE_UNAVAILABLE` when the grace period is over,
   *   `SESSION_STORE_UNAVAILABLE`.
   */
  async current(session: Session, deadlineMs: number): Promise<Session | undefined> {
    const { handle } = session
    const nowMs = this.#deps.clock.now().getTime()
    if (!isDue(session, nowMs)) return session
    if (nowMs < Math.max(this.#awayUntilMs, this.#paused.get(handle)?.untilMs ?? 0))
      return this.#withinGrace(session, nowMs)
    const refreshed = await answerWithin(this.#refresh(handle), deadlineMs - marginMs)
    if (refreshed === 'ended') return undefined
    if (refreshed === 'read-again') return this.#readAgain(handle)
    if (refreshed instanceof PosternError && refreshed.code === 'IDP_UNAVAILABLE') throw refreshed
    return this.#withinGrace(session, nowMs, refreshed instanceof PosternError ? refreshed : undefined)
  }

  #refresh(handle: SessionHandle): Promise<Refreshed> {
    const running = this.#running.get(handle)
    if (running) return running
    const begun = this.#begin(handle).finally(() => this.#running.delete(handle))
    this.#running.set(handle, begun)
    return begun
  }

  async #begin(handle: SessionHandle): Promise<Refreshed> {
    try {
      const outcome = await this.#deps.refresh(handle)
      if (outcome === 'idp-unavailable') this.#pause(handle)
      return outcome
    } catch (error) {
      this.#deps.log.warn({ error, 'session-id': handle }, 'a session could not be refreshed')
      if (!(error instanceof PosternError)) return new PosternError('INTERNAL', 'a refresh failed', { cause: error })
      if (error.code !== 'IDP_UNAVAILABLE') this.#pause(handle)
      if (error.code === 'AUTHENTICATE_UNAVAILABLE') this.#awayUntilMs = this.#deps.clock.now().getTime() + pauseMs
      return error
    }
  }

  #pause(handle: SessionHandle): void {
    this.#paused.set(handle, { untilMs: this.#deps.clock.now().getTime() + pauseMs })
  }

  #withinGrace(session: Session, nowMs: number, cause?: PosternError): Session {
    if (nowMs < (session.refreshDueAtMs ?? Infinity) + graceMs) return session
    throw cause ?? new PosternError('AUTHENTICATE_UNAVAILABLE', 'the grace period of a session is over')
  }

  /** Past the local copies, which may not have heard of the new record yet. */
  async #readAgain(handle: SessionHandle): Promise<Session | undefined> {
    const lookup = await this.#deps.sessions.find(handle)
    switch (lookup.kind) {
      case 'found':
        return lookup.session
      case 'absent':
        return undefined
      case 'unavailable':
        throw new PosternError('SESSION_STORE_UNAVAILABLE', 'the session store did not answer', { cause: lookup.cause })
    }
  }
}

function isDue({ refreshDueAtMs }: Session, nowMs: number): boolean {
  return refreshDueAtMs !== undefined && refreshDueAtMs <= nowMs
}

/** `undefined` when the answer does not come in time; it goes on being worked for. */
async function answerWithin(answer: Promise<Refreshed>, waitMs: number): Promise<Refreshed | undefined> {
  const timeout = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => timeout.resolve(undefined), Math.max(0, waitMs))
  try {
    return await Promise.race([answer, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
