import { type Clock, systemClock } from '@postern/shared/clock.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'

export interface SessionUse {
  readonly handle: SessionHandle
  readonly lastUsedAtMs: number
}

/** Hands uses to authenticate, which writes them. Rejects when it could not; has a deadline of its own. */
export type ReportUses = (uses: readonly SessionUse[]) => Promise<void>

export interface UseRecorderDeps {
  readonly report: ReportUses
  readonly log: Logger
  readonly clock?: Clock
}

interface KnownUse {
  lastUsedAtMs: number
  /** What the store knows, as far as we do. */
  reportedMs: number
  /** The next report comes no earlier. */
  dueAtMs: number
  readonly intervalMs: number
}

const tickMs = 1000
const maxIntervalMs = 60_000
const retryMs = 5000
const maxBatch = 1000
/** When authenticate is away for long, the oldest uses are forgotten: those sessions end idle a little early. */
const maxKnown = 100_000

/**
 * Collects when sessions were used and reports it in batches: at once when the last report is long ago, and otherwise at
 * most once a minute per session (more often only where the idle limit is shorter than ten minutes). Sessions without an
 * idle limit are not reported: nothing depends on it.
 */
export class UseRecorder implements AsyncDisposable {
  readonly #report: ReportUses
  readonly #log: Logger
  readonly #clock: Clock
  readonly #known = new Map<SessionHandle, KnownUse>()
  readonly #ticking: NodeJS.Timeout
  #reporting: Promise<void> | undefined
  #isFailing = false

  constructor(deps: UseRecorderDeps) {
    this.#report = deps.report
    this.#log = deps.log
    this.#clock = deps.clock ?? systemClock
    this.#ticking = setInterval(() => void this.reportDue(), tickMs)
  }

  /** Notes that the session was used just now: by a person's request, not by our own asking again. */
  record(session: Session, nowMs: number): void {
    if (session.idleTimeoutMs === 0) return
    const known = this.#known.get(session.handle)
    if (known) {
      known.lastUsedAtMs = Math.max(known.lastUsedAtMs, nowMs)
      return
    }
    const intervalMs = Math.min(maxIntervalMs, session.idleTimeoutMs / 10)
    const reportedMs = session.lastUsedAtMs
    this.#makeRoom()
    this.#known.set(session.handle, { lastUsedAtMs: nowMs, reportedMs, dueAtMs: reportedMs + intervalMs, intervalMs })
  }

  /** When the session was last used here, if that is still remembered: the store may not know yet. */
  lastUse(handle: SessionHandle): number | undefined {
    return this.#known.get(handle)?.lastUsedAtMs
  }

  /** Reports what is due. What could not be reported is tried again. Happens by itself every second. */
  reportDue(): Promise<void> {
    if (this.#reporting) return this.#reporting
    const nowMs = this.#clock.now().getTime()
    const due: SessionUse[] = []
    for (const [handle, use] of this.#known) {
      if (use.dueAtMs > nowMs || due.length === maxBatch) continue
      if (use.lastUsedAtMs > use.reportedMs) due.push({ handle, lastUsedAtMs: use.lastUsedAtMs })
      else this.#known.delete(handle)
    }
    if (due.length === 0) return Promise.resolve()
    this.#reporting = this.#send(due, nowMs).finally(() => (this.#reporting = undefined))
    return this.#reporting
  }

  /** Reports what is left, as long as that works. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#ticking)
    await this.#reporting
    const left = [...this.#known].filter(([, use]) => use.lastUsedAtMs > use.reportedMs)
    const uses = left.map(([handle, { lastUsedAtMs }]) => ({ handle, lastUsedAtMs }))
    const nowMs = this.#clock.now().getTime()
    for (let at = 0; at < uses.length && !this.#isFailing; at += maxBatch) {
      await this.#send(uses.slice(at, at + maxBatch), nowMs)
    }
  }

  #makeRoom(): void {
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size >= maxKnown) this.#known.delete(oldest)
  }

  async #send(uses: readonly SessionUse[], nowMs: number): Promise<void> {
    try {
      await this.#report(uses)
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) this.#log.warn({ error, sessions: uses.length }, 'uses of sessions cannot be reported')
      this.#isFailing = true
    }
    for (const { handle, lastUsedAtMs } of uses) {
      const use = this.#known.get(handle)
      if (!use) continue
      if (!this.#isFailing) use.reportedMs = lastUsedAtMs
      use.dueAtMs = nowMs + (this.#isFailing ? retryMs : use.intervalMs)
    }
  }
}
