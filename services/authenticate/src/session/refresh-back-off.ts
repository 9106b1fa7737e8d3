import type { Clock } from '@postern/shared/clock.ts'

const firstPauseMs = 1_000
const maxPauseMs = 60_000

/** One for each client at the IdP: a client whose secret is wrong does not keep the others waiting. */
export class RefreshBackOffs {
  readonly #clock: Clock
  readonly #backOffs = new Map<string, RefreshBackOff>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  of(idpId: string): RefreshBackOff {
    const backOff = this.#backOffs.get(idpId) ?? new RefreshBackOff(this.#clock)
    this.#backOffs.set(idpId, backOff)
    return backOff
  }

  /** How many of them failed at the last refresh. */
  get failing(): number {
    return this.#backOffs.values().reduce((count, { isFailing }) => count + Number(isFailing), 0)
  }
}

/**
 * Pauses between refreshes while the IdP does not answer, for all sessions together: an IdP that is down is not also
 * stormed (REL-H1). What the IdP asks for in `Retry-After` is kept (REL-H2).
 */
export class RefreshBackOff {
  readonly #clock: Clock
  #failures = 0
  #notBeforeMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isFailing(): boolean {
    return this.#failures > 0
  }

  get pausing(): boolean {
    return this.#clock.now().getTime() < this.#notBeforeMs
  }

  failed(retryAfterMs: number | undefined): void {
    this.#failures += 1
    const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (this.#failures - 1))
    this.#notBeforeMs = this.#clock.now().getTime() + Math.max(pauseMs, retryAfterMs ?? 0)
  }

  succeeded(): void {
    this.#failures = 0
    this.#notBeforeMs = 0
  }
}
