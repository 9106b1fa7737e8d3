import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { SessionWrite, SessionWriter } from '@postern/shared/session/session-store.ts'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'

const pausesMs = [0, 100, 300, 600, 1_000, 1_000, 1_000, 1_000]
const maxKept = 1_000

/**
 * Writes renewed sessions, and keeps what could not be written: the IdP has rotated the refresh token, so what is lost
 * here is a person signed out (REL-F5).
 */
export class UnsavedRefreshes {
  readonly #sessions: Pick<SessionWriter, 'replace'>
  readonly #pause: (ms: number) => Promise<unknown>
  readonly #kept = new Map<SessionHandle, Session>()

  constructor(sessions: Pick<SessionWriter, 'replace'>, pause: (ms: number) => Promise<unknown> = wait) {
    this.#sessions = sessions
    this.#pause = pause
  }

  /** How many wait. */
  get size(): number {
    return this.#kept.size
  }

  /** The renewed record that an earlier refresh could not write, if it still fits. */
  of(session: Session): Session | undefined {
    const kept = this.#kept.get(session.handle)
    this.#kept.delete(session.handle)
    return kept?.version === session.version + 1 ? kept : undefined
  }

  /** Tries for five seconds; then throws `SESSION_STORE_UNAVAILABLE` and keeps the record for the next refresh. */
  async write(renewed: Session): Promise<Exclude<SessionWrite, { kind: 'unavailable' }>> {
    let cause: unknown
    for (const pauseMs of pausesMs) {
      if (pauseMs > 0) await this.#pause(pauseMs)
      const written = await this.#sessions.replace(renewed)
      if (written.kind !== 'unavailable') return written
      cause = written.cause
    }
    this.#keep(renewed)
    throw new PosternError('SESSION_STORE_UNAVAILABLE', 'a renewed session could not be written', { cause })
  }

  #keep(renewed: Session): void {
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= maxKept && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(renewed.handle, renewed)
  }
}
