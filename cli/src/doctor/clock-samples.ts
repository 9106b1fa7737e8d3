export interface ClockSample {
  /** Whose clock: a host. */
  readonly source: string
  /** How far our clock is ahead of it; negative: behind. */
  readonly aheadMs: number
  /** The sample may be wrong by so much, either way. */
  readonly withinMs: number
}

/** The second that a `Date` header cuts off. */
const dateHeaderMs = 1_000

/** What other machines say the time is, the best sample of each. */
export class ClockSamples {
  readonly #best = new Map<string, ClockSample>()

  get all(): readonly ClockSample[] {
    return [...this.#best.values()]
  }

  /** `theirMs` was read by them between `sentMs` and `answeredMs` of our clock; it stands for `granularityMs` from then on. */
  add(source: string, theirMs: number, sentMs: number, answeredMs: number, granularityMs = 0): void {
    if (!Number.isFinite(theirMs)) return
    const withinMs = (answeredMs - sentMs + granularityMs) / 2
    const aheadMs = (sentMs + answeredMs) / 2 - (theirMs + granularityMs / 2)
    const known = this.#best.get(source)
    if (known === undefined || withinMs < known.withinMs) this.#best.set(source, { source, aheadMs, withinMs })
  }

  /** The `Date` header of an answer; nothing where there is none. */
  addDate(source: string, date: string | undefined, sentMs: number, answeredMs: number): void {
    if (date !== undefined) this.add(source, Date.parse(date), sentMs, answeredMs, dateHeaderMs)
  }
}
