/** Deadlines this much earlier than the timer wait for it. */
const slackMs = 5

/**
 * Many deadlines behind one timer. Whoever waits for thousands of answers a second must not pay for a timer each: the
 * timer is set for the earliest deadline known when it was set, and looks again when it fires. Deadlines nearly always
 * expire in the order in which they were added, so that look is short.
 */
export class Deadlines<Key> implements Disposable {
  readonly #expired: (key: Key) => void
  readonly #at = new Map<Key, number>()
  #timer: NodeJS.Timeout | undefined
  #armedForMs = Infinity

  /** `expired` is called once for each key that was not removed in time. */
  constructor(expired: (key: Key) => void) {
    this.#expired = expired
  }

  get size(): number {
    return this.#at.size
  }

  /** `atMs`: on the clock of `performance.now()`. */
  add(key: Key, atMs: number): void {
    this.#at.set(key, atMs)
    if (atMs < this.#armedForMs - slackMs) this.#arm(atMs)
  }

  /** False when the key was not there: its deadline had passed, or somebody else was first. */
  remove(key: Key): boolean {
    return this.#at.delete(key)
  }

  keys(): IterableIterator<Key> {
    return this.#at.keys()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#at.clear()
  }

  #arm(atMs: number): void {
    clearTimeout(this.#timer)
    this.#armedForMs = atMs
    // What is waited for keeps the process alive, not the wait.
    this.#timer = setTimeout(() => this.#look(), Math.max(1, Math.ceil(atMs - performance.now()))).unref()
  }

  #look(): void {
    this.#armedForMs = Infinity
    const now = performance.now()
    let earliest = Infinity
    const due: [Key, number][] = []
    for (const entry of this.#at) {
      const atMs = entry[1]
      if (atMs <= now) due.push(entry)
      else if (atMs < earliest) earliest = atMs
    }
    // On a busy machine the timer is late, and several are due in one look.
    due.sort((one, other) => one[1] - other[1])
    for (const [key] of due) this.#at.delete(key)
    if (earliest < Infinity) this.#arm(earliest)
    for (const [key] of due) this.#expired(key)
  }
}
