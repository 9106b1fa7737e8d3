type Placed = object & Record<symbol, number | undefined>

/**
 * A set whose members come and go with every request. A `Set` grows a chain of dead tables then, each of which keeps the
 * members it had, with all that they refer to, alive until the next full garbage collection: most of the memory of a
 * busy proxy, and a quarter of its CPU time (bench/request-cost.ts). An array has nothing behind it.
 */
export class ChurningSet<Member extends object> {
  readonly #members: Member[] = []
  /** Where a member stands, written on the member itself. */
  readonly #place = Symbol('place')

  get size(): number {
    return this.#members.length
  }

  /** Those that are in it now; what comes and goes meanwhile does not change the list. */
  values(): Member[] {
    return [...this.#members]
  }

  has(member: Member): boolean {
    const at = (member as Placed)[this.#place]
    return at !== undefined && this.#members[at] === member
  }

  add(member: Member): void {
    if (this.has(member)) return
    ;(member as Placed)[this.#place] = this.#members.push(member) - 1
  }

  /** False when it was not there. */
  delete(member: Member): boolean {
    if (!this.has(member)) return false
    const at = (member as Placed)[this.#place] ?? 0
    const last = this.#members.pop()
    if (last !== undefined && last !== member) {
      this.#members[at] = last
      ;(last as Placed)[this.#place] = at
    }
    ;(member as Placed)[this.#place] = undefined
    return true
  }
}
