/** A value that may be replaced as a whole while a service runs: the configuration after a reload. */
export interface Live<T> {
  readonly current: T
  /** Called after every replacement, with the new value. Throwing refuses the value: everybody goes back to the last one. */
  subscribe(listener: (value: T) => void): Disposable
}

/** A value that stays. */
export function fixed<T>(value: T): Live<T> {
  return { current: value, subscribe: () => ({ [Symbol.dispose]: () => undefined }) }
}

/** A value that its owner replaces. */
export class Replaceable<T> implements Live<T> {
  readonly #listeners = new Set<(value: T) => void>()
  #current: T

  constructor(first: T) {
    this.#current = first
  }

  get current(): T {
    return this.#current
  }

  subscribe(listener: (value: T) => void): Disposable {
    const own = (value: T): void => listener(value) // the same function may subscribe twice
    this.#listeners.add(own)
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) }
  }

  /** All listeners take the value, or none: when one throws, those before it get the last one again, and this throws. */
  replace(value: T): void {
    const last = this.#current
    this.#current = value
    const told: ((value: T) => void)[] = []
    try {
      for (const listener of this.#listeners) {
        told.push(listener)
        listener(value)
      }
    } catch (error) {
      this.#current = last
      for (const listener of told) listener(last)
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
    subscribe: (listener) => live.subscribe((value) => listener(partOf(value))),
  }
}
