interface Candidate<T> {
  readonly value: T
  readonly weight: number
}

/** Takes turns among values in proportion to their weights, spread evenly: 2 to 1 gives a, b, a and not a, a, b. */
export class WeightedChoice<T> {
  readonly #candidates: readonly { readonly value: T; readonly weight: number; credit: number }[]
  readonly #total: number

  /** Needs at least one candidate; weights are positive. */
  constructor(candidates: readonly Candidate<T>[]) {
    this.#candidates = candidates.map((candidate) => ({ ...candidate, credit: 0 }))
    this.#total = candidates.reduce((sum, { weight }) => sum + weight, 0)
  }

  get values(): readonly T[] {
    return this.#candidates.map(({ value }) => value)
  }

  next(): T {
    let [chosen] = this.#candidates
    if (chosen === undefined) throw new RangeError('nothing to choose from')
    if (this.#candidates.length === 1) return chosen.value
    for (const candidate of this.#candidates) {
      candidate.credit += candidate.weight
      if (candidate.credit > chosen.credit) chosen = candidate
    }
    chosen.credit -= this.#total
    return chosen.value
  }
}
