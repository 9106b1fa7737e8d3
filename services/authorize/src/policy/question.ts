import type { ClaimValue, Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { domainOf, foldCase } from './facts/email.ts'
import { parseAddress, type IpAddress } from './facts/ip-address.ts'
import type { Members } from './facts/members.ts'
import { localTimeIn, type LocalTime } from './facts/local-time.ts'

/** The values of one claim. Equality minds the type: 1234 is not `"1234"`. */
export interface ClaimList {
  readonly values: readonly ClaimValue[]
  readonly has: (value: ClaimValue) => boolean
}

/** The same for a batch of criteria. */
export function membersOf({ values, has }: ClaimList): Members {
  return { size: values.length, values: () => values, has }
}

/** Below this, looking through a list is as quick as making a set of it. */
const worthASet = 16

/** Everything that one decision is about. What several criteria need is worked out once, when first asked for. */
export class Question {
  readonly facts: RequestFacts
  readonly identity: Identity | undefined
  readonly now: Date
  readonly userId: string
  /** Lower-case; empty for nobody and for a person without an e-mail address. */
  readonly email: string
  /** What follows the one `@` of the e-mail address; empty where there is no such thing. */
  readonly domain: string
  #address: IpAddress | undefined
  readonly #localTimes = new Map<string, LocalTime>()
  readonly #claims = new Map<string, ClaimList>()

  constructor(facts: RequestFacts, identity: Identity | undefined, now: Date) {
    this.facts = facts
    this.identity = identity
    this.now = now
    this.userId = identity?.userId ?? ''
    this.email = foldCase(identity?.email ?? '')
    this.domain = domainOf(this.email)
  }

  /** @throws TypeError when the client address is no address: nobody may guess then, least of all a deny rule. */
  address(): IpAddress {
    this.#address ??= parseAddress(this.facts.clientAddress)
    if (this.#address === undefined) throw new TypeError('The client address is not an IP address.')
    return this.#address
  }

  /** The wall clock of a time zone that the policy names. */
  localTime(zone: string): LocalTime {
    let time = this.#localTimes.get(zone)
    if (time === undefined) {
      time = localTimeIn(zone, this.now)
      this.#localTimes.set(zone, time)
    }
    return time
  }

  /** The values of a claim; a claim that is not there has none. */
  claim(name: string): ClaimList {
    let list = this.#claims.get(name)
    if (list === undefined) {
      const claims = this.identity?.claims
      list = claimList(claims !== undefined && Object.hasOwn(claims, name) ? (claims[name] ?? []) : [])
      this.#claims.set(name, list)
    }
    return list
  }
}

/** Some people are in hundreds of groups, and some policies ask for as many. */
function claimList(values: readonly ClaimValue[]): ClaimList {
  if (values.length < worthASet) return { values, has: (value) => values.includes(value) }
  const set = setOf(values)
  return { values, has: (value) => set.has(value) }
}

/** The sets of long lists. A session's identity is the same object from request to request. */
const sets = new WeakMap<readonly ClaimValue[], ReadonlySet<ClaimValue>>()

function setOf(values: readonly ClaimValue[]): ReadonlySet<ClaimValue> {
  let set = sets.get(values)
  if (set === undefined) {
    set = new Set(values)
    sets.set(values, set)
  }
  return set
}
