import { reasons, type Reason } from '@postern/shared/vocabulary/decision.ts'

/** A criterion's answer. Always with a reason, from the closed vocabulary. */
export interface Verdict {
  readonly holds: boolean
  readonly reason: Reason
  /** The place of the reason in the vocabulary: a thousand answers are gathered by it. */
  readonly place: number
}

/** Made once for each criterion, not for each request. */
export function verdict(holds: boolean, reason: Reason): Verdict {
  return { holds, reason, place: reasons.indexOf(reason) }
}

/** A set of reasons, by their places. */
export class ReasonSet {
  #low = 0
  #high = 0

  add(place: number): void {
    if (place < 32) this.#low |= 1 << place
    else this.#high |= 1 << (place - 32)
  }

  /** In the order of the vocabulary, which is alphabetical. */
  get list(): readonly Reason[] {
    if ((this.#low | this.#high) === 0) return []
    return reasons.filter((_, place) => this.#has(place))
  }

  #has(place: number): boolean {
    return ((place < 32 ? this.#low >>> place : this.#high >>> (place - 32)) & 1) === 1
  }
}
