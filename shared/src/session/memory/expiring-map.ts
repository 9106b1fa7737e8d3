interface Entry<V> {
  value: V
  endMs: number
}

interface QueuedEnd {
  readonly key: string
  readonly endMs: number
}

/**
 * A map whose entries end at a moment of their own. Time comes with every call. Ends are kept in a binary heap, so that
 * removing what is over costs nothing while nothing is.
 */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, Entry<V>>()
  readonly #ends: QueuedEnd[] = []

  get size(): number {
    return this.#entries.size
  }

  /** The value, unless its time is over, swept or not. */
  get(key: string, nowMs: number): V | undefined {
    const entry = this.#entries.get(key)
    return entry && nowMs < entry.endMs ? entry.value : undefined
  }

  set(key: string, value: V, endMs: number): void {
    this.#entries.set(key, { value, endMs })
    this.#push({ key, endMs })
  }

  delete(key: string): V | undefined {
    const entry = this.#entries.get(key)
    this.#entries.delete(key)
    return entry?.value
  }

  clear(): void {
    this.#entries.clear()
    this.#ends.length = 0
  }

  /** Removes and returns entries that are over, at most `limit`. */
  takeExpired(nowMs: number, limit: number): { readonly key: string; readonly value: V }[] {
    const taken: { key: string; value: V }[] = []
    let end = this.#ends[0]
    while (end && end.endMs <= nowMs && taken.length < limit) {
      this.#pop()
      const entry = this.#entries.get(end.key)
      // An entry that was replaced has its later end in the queue too.
      if (entry && entry.endMs <= nowMs) {
        this.#entries.delete(end.key)
        taken.push({ key: end.key, value: entry.value })
      }
      end = this.#ends[0]
    }
    return taken
  }

  #push(end: QueuedEnd): void {
    const ends = this.#ends
    let at = ends.push(end) - 1
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = ends[parentAt]
      if (!parent || parent.endMs <= end.endMs) break
      ends[at] = parent
      ends[parentAt] = end
      at = parentAt
    }
  }

  #pop(): void {
    const ends = this.#ends
    const last = ends.pop()
    if (!last || ends.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      const childAt = (ends[right]?.endMs ?? Infinity) < (ends[left]?.endMs ?? Infinity) ? right : left
      const child = ends[childAt]
      if (!child || last.endMs <= child.endMs) break
      ends[at] = child
      at = childAt
    }
    ends[at] = last
  }
}
