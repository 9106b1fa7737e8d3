import type { ProxyRoute } from '@postern/shared/config/model.ts'

/** What the choice needs to know of the connections to an upstream. */
export interface Condition {
  /** Requests that use or wait for a connection. */
  readonly inFlight: number
  /** It could not be reached a moment ago. */
  readonly isEjected: boolean
}

export interface Candidate<T> {
  readonly value: T
  readonly condition: Condition
  /** Positive. */
  readonly weight: number
}

/** From 0 to below 1. */
export type Chance = () => number

type Counted<T> = Candidate<T> & { credit: number }

/**
 * Chooses among a route's upstreams: in turn, by chance, or the one with the fewest requests, each in proportion to the
 * weights. One that could not be reached is passed over for a while; where that leaves none, all are tried again.
 */
export class UpstreamChoice<T> {
  readonly #candidates: readonly Counted<T>[]
  readonly #pick: (among: readonly Counted<T>[]) => Counted<T> | undefined

  constructor(candidates: readonly Candidate<T>[], how: ProxyRoute['loadBalancing'], chance: Chance) {
    this.#candidates = candidates.map((candidate) => ({ ...candidate, credit: 0 }))
    if (how === 'random') this.#pick = (among) => byChance(among, chance)
    else this.#pick = how === 'least-request' ? leastLoaded : inTurn
  }

  get values(): readonly T[] {
    return this.#candidates.map(({ value }) => value)
  }

  /** The next one, not `except` where there is another. @throws RangeError where there is none at all */
  next(except?: T): T {
    const chosen = this.#candidates.length === 1 ? this.#candidates[0] : this.#pick(this.#available(except))
    if (chosen === undefined) throw new RangeError('nothing to choose from')
    return chosen.value
  }

  #available(except: T | undefined): readonly Counted<T>[] {
    const reachable = this.#candidates.filter(({ condition }) => !condition.isEjected)
    for (const among of [reachable, this.#candidates]) {
      const others = except === undefined ? among : among.filter(({ value }) => value !== except)
      if (others.length > 0) return others
    }
    return this.#candidates
  }
}

/** Spread evenly: weights of 2 to 1 give a, b, a and not a, a, b. */
function inTurn<T>(among: readonly Counted<T>[]): Counted<T> | undefined {
  let [chosen] = among
  let total = 0
  for (const candidate of among) {
    candidate.credit += candidate.weight
    total += candidate.weight
    if (chosen === undefined || candidate.credit > chosen.credit) chosen = candidate
  }
  if (chosen !== undefined) chosen.credit -= total
  return chosen
}

/** Of several with as few requests, the one whose turn it is. */
function leastLoaded<T>(among: readonly Counted<T>[]): Counted<T> | undefined {
  const loadOf = ({ condition, weight }: Counted<T>): number => condition.inFlight / weight
  const least = Math.min(...among.map(loadOf))
  return inTurn(among.filter((candidate) => loadOf(candidate) === least))
}

function byChance<T>(among: readonly Counted<T>[], chance: Chance): Counted<T> | undefined {
  let left = chance() * among.reduce((sum, { weight }) => sum + weight, 0)
  return among.find(({ weight }) => (left -= weight) < 0) ?? among.at(-1)
}
