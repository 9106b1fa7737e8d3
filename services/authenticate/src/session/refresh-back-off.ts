import type { Clock } from '@postern/shared/clock.ts'
import type { RandomBytes } from '@postern/shared/random.ts'

const firstPauseMs = 1_000
const maxPauseMs = 60_000

/** One for each client at the IdP: a client whose secret is wrong does not keep the others waiting. */
export class RefreshBackOffs {
  readonly #clock: Clock
  readonly #random: RandomBytes
  readonly #backOffs = new Map<string, RefreshBackOff>()

  constructor(clock: Clock, random: RandomBytes) {
    this.#clock = clock
    this.#random = random
  }

  of(idpId: string): RefreshBackOff {
    const backOff = this.#backOffs.get(idpId) ?? new RefreshBackOff(this.#clock, this.#random)
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
 * stormed (REL-H1). By chance up to half as long again, so that replicas do not ask in step. What the IdP asks for in
 * `Retry-After` is kept (REL-H2).
 */
export class RefreshBackOff {
  readonly #clock: Clock
  readonly #random: RandomBytes
  #failures = 0
  #notBeforeMs = 0

  constructor(clock: Clock, random: RandomBytes) {
    this.#clock = clock
    this.#random = random
  }

  get isFailing(): boolean {
    return this.#failures > 0
  }

  get pausing(): boolean {
    return this.#clock.now().getTime() < this.#notBeforeMs
  }

  failed(retryAfterMs: number | undefined): void {
    this.#failures += 1
    const jitter = 1 + this.#random(1).readUInt8() / 512
    const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (this.#failures - 1)) * jitter
    this.#notBeforeMs = this.#clock.now().getTime() + Math.max(pauseMs, retryAfterMs ?? 0)
  }

  succeeded(): void {
    this.#failures = 0
    this.#notBeforeMs = 0
  }
}
