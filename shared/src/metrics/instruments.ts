/** Counts what happened. Plain numbers: counting costs nanoseconds, whether or not anybody ever looks. */
export class Counter {
  #value = 0

  get value(): number {
    return this.#value
  }

  add(amount = 1): void {
    this.#value += amount
  }
}

/** Says how things are. */
export class Gauge {
  #value = 0

  get value(): number {
    return this.#value
  }

  set(value: number): void {
    this.#value = value
  }

  add(amount: number): void {
    this.#value += amount
  }
}

/** Sorts durations into buckets. */
export class Histogram {
  readonly #bounds: readonly number[]
  /** One for each bound, and one for what is longer than all. */
  readonly #counts: number[]
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(seconds: number): void {
    const bounds = this.#bounds
    let place = 0
    while (place < bounds.length && seconds > (bounds[place] ?? 0)) place += 1
    this.#counts[place] = (this.#counts[place] ?? 0) + 1
    this.#sum += seconds
  }

  get sum(): number {
    return this.#sum
  }

  /** How many took at most as long as each bound; the last one is all of them. */
  cumulative(): number[] {
    let total = 0
    return this.#counts.map((count) => (total += count))
  }
}
