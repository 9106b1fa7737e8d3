/** A value that may be replaced as a whole while a service runs: the configuration after a reload. */
export interface Live<T> {
  readonly current: T
  /**
   * `listener` is called after every replacement, with the new value. Throwing refuses the value: everybody goes back to
   * the last one. `prepare` may be called before, to do in slices what would hold up everything else if `listener` did it
   * at once; a value that is prepared is not in force yet, and perhaps never will be.
   */
  subscribe(listener: (value: T) => void, prepare?: (value: T) => Promise<void>): Disposable
}

/** A value that stays. */
export function fixed<T>(value: T): Live<T> {
  return { current: value, subscribe: () => ({ [Symbol.dispose]: () => undefined }) }
}

interface Listener<T> {
  readonly take: (value: T) => void
  readonly prepare: ((value: T) => Promise<void>) | undefined
}

/** A value that its owner replaces. */
export class Replaceable<T> implements Live<T> {
  readonly #listeners = new Set<Listener<T>>()
  #current: T

  constructor(first: T) {
    this.#current = first
  }

  get current(): T {
    return this.#current
  }

  subscribe(take: (value: T) => void, prepare?: (value: T) => Promise<void>): Disposable {
    const own = { take, prepare } // the same function may subscribe twice
    this.#listeners.add(own)
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) }
  }

  /** Everybody gets ready for a value that is about to come. */
  async prepare(value: T): Promise<void> {
    for (const { prepare } of this.#listeners) await prepare?.(value)
  }

  /** All listeners take the value, or none: when one throws, those before it get the last one again, and this throws. */
  replace(value: T): void {
    const last = this.#current
    this.#current = value
    const told: Listener<T>[] = []
    try {
      for (const listener of this.#listeners) {
        told.push(listener)
        listener.take(value)
      }
    } catch (error) {
      this.#current = last
      for (const { take } of told) take(last)
      throw error
    }
  }
}

/** What follows from a live value; worked out once for each. */
export function derived<T extends object, Part>(live: Live<T>, select: (value: T) => Part): Live<Part> {
  let known: { readonly of: T; readonly part: Part } | undefined
  const partOf = (value: T): Part => {
    if (known?.of !== value) known = { of: value, part: select(value) }
    return known.part
  }
  return {
    get current() {
      return partOf(live.current)
    },
    subscribe: (listener, prepare) =>
      live.subscribe((value) => listener(partOf(value)), prepare && ((value) => prepare(select(value)))),
  }
}
