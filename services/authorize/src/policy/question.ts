import type { ClaimValue, Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { domainOf, foldCase } from './facts/email.ts'
import { parseAddress, type IpAddress } from './facts/ip-address.ts'
import { localTimeIn, type LocalTime } from './facts/local-time.ts'

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
  readonly #claimSets = new Map<string, ReadonlySet<ClaimValue>>()

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
  claim(name: string): readonly ClaimValue[] {
    const claims = this.identity?.claims
    if (claims === undefined || !Object.hasOwn(claims, name)) return []
    return claims[name] ?? []
  }

  /** Whether a claim has the value, type and all: 1234 is not `"1234"`. Quick for people in hundreds of groups. */
  hasClaim(name: string, value: ClaimValue): boolean {
    const values = this.claim(name)
    if (values.length < worthASet) return values.includes(value)
    let set = this.#claimSets.get(name)
    if (set === undefined) {
      set = new Set(values)
      this.#claimSets.set(name, set)
    }
    return set.has(value)
  }
}
