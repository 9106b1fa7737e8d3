/** More than can ever wait at once. */
const places = 2 ** 20
/** How many numbers are given before the first is given again: together they stay below 2 ** 53. */
const turns = 2 ** 32

/**
 * What waits for an answer, by a number that no other has had for billions: how many were given, and the place in an
 * array. Not a `Map`, for the reason that `ChurningSet` gives.
 */
export class Numbered<Waiting extends { readonly id: number }> {
  readonly #waiting: (Waiting | undefined)[] = []
  readonly #free: number[] = []
  #given = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds what `make` makes of its number. */
  add(make: (id: number) => Waiting): Waiting {
    const place = this.#free.pop() ?? this.#waiting.length
    this.#given = (this.#given + 1) % turns
    const made = make(this.#given * places + place)
    this.#waiting[place] = made
    this.#size += 1
    return made
  }

  get(id: number): Waiting | undefined {
    const found = this.#waiting[id % places]
    return found?.id === id ? found : undefined
  }

  /** False when it was not there. */
  delete(id: number): boolean {
    if (this.get(id) === undefined) return false
    const place = id % places
    this.#waiting[place] = undefined
    this.#free.push(place)
    this.#size -= 1
    return true
  }

  /** Those that wait now, in the order of their numbers. */
  values(): Waiting[] {
    const waiting = this.#waiting.filter((one) => one !== undefined)
    return waiting.sort((a, b) => a.id - b.id)
  }

  clear(): void {
    this.#waiting.length = 0
    this.#free.length = 0
    this.#size = 0
  }
}
