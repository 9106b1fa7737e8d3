import type { SessionChangeListener, SessionLookup, SessionReader } from '@postern/shared/session/session-store.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import { createLru, type Lru } from '../lru.ts'
import { uncounted, type AuthorizeMetrics } from '../metrics.ts'

export type SessionsChanged =
  { readonly kind: 'sessions'; readonly handles: readonly SessionHandle[] } | { readonly kind: 'all' }

export type SessionsChangedListener = (change: SessionsChanged) => void

type Found = Extract<SessionLookup, { kind: 'found' }>

/** A read under way, which several checks may wait for. */
interface Flight {
  readonly lookup: Promise<SessionLookup>
  /** Something changed after the read began: its answer is good for those who wait, but not to be kept. */
  isStale: boolean
}

const maxEntries = 20_000
/** In characters of records, roughly: what is kept stays below some 64 MiB. */
const maxWeight = 64 * 1024 * 1024
const weightOfTheRest = 2048
/** Some people are in thousands of groups. A value costs its place in the list and in the set that policies look in. */
const weightOfAValue = 64

function weigh({ session }: Found): number {
  let weight = weightOfTheRest + session.sealedTokens.length
  for (const values of Object.values(session.identity.claims)) {
    for (const value of values) weight += weightOfAValue + (typeof value === 'string' ? value.length : 0)
  }
  return weight
}

/**
 * Sessions by their handle, from local copies while the store tells of every change, else from the store. A copy is used
 * only while the channel is up; a change that arrives while a read is under way keeps its answer from becoming a copy.
 */
export class SessionCopies implements Disposable {
  readonly #reader: SessionReader
  readonly #copies: Lru<Found>
  readonly #flights = new Map<SessionHandle, Flight>()
  readonly #listeners = new Set<{ readonly listener: SessionsChangedListener }>()
  readonly #watch: Disposable
  readonly #metrics: Pick<AuthorizeMetrics, 'foundInCopies' | 'readFromStore'>
  #isCurrent = false

  constructor(reader: SessionReader, metrics: Pick<AuthorizeMetrics, 'foundInCopies' | 'readFromStore'> = uncounted()) {
    this.#reader = reader
    this.#metrics = metrics
    this.#copies = createLru({ maxEntries, weight: { maxWeight, weigh } })
    this.#watch = reader.watch(this.#channelListener())
  }

  /** Whether the store tells of changes now, so that copies may be used. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  /** How many copies there are. */
  get size(): number {
    return this.#copies.size
  }

  /** As the store answers. Checks that ask for the same session at the same time share one read. */
  find(handle: SessionHandle): Promise<SessionLookup> {
    // While changes go unseen, a read that began earlier may have missed one: each check reads for itself.
    if (!this.#isCurrent) return this.#read(handle)
    const copy = this.#copies.get(handle)
    if (copy) {
      this.#metrics.foundInCopies()
      return Promise.resolve(copy)
    }
    return (this.#flights.get(handle) ?? this.#depart(handle)).lookup
  }

  /**
   * Tells whoever holds a connection open for a session that the session ended or its record changed. A use that merely
   * moved its idle end is not told, as far as this instance can know; so asking again is never a reason to tell again.
   */
  onChanged(listener: SessionsChangedListener): Disposable {
    const entry = { listener }
    this.#listeners.add(entry)
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) }
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]()
    this.#listeners.clear()
    this.#isCurrent = false
    this.#forgetAll()
  }

  #depart(handle: SessionHandle): Flight {
    const flight: Flight = { lookup: this.#read(handle), isStale: false }
    this.#flights.set(handle, flight)
    const land = (): void => {
      if (this.#flights.get(handle) === flight) this.#flights.delete(handle)
    }
    flight.lookup.then((lookup) => {
      if (lookup.kind === 'found' && !flight.isStale) this.#copies.set(handle, lookup)
      land()
    }, land)
    return flight
  }

  async #read(handle: SessionHandle): Promise<SessionLookup> {
    const lookup = await this.#reader.find(handle)
    this.#metrics.readFromStore(lookup)
    return lookup
  }

  #channelListener(): SessionChangeListener {
    return {
      changed: (handles) => this.#changed(handles),
      allChanged: () => {
        this.#forgetAll()
        this.#tell({ kind: 'all' })
      },
      channelDown: () => {
        this.#isCurrent = false
        this.#forgetAll()
      },
      channelUp: () => {
        this.#isCurrent = true
      },
    }
  }

  #changed(handles: readonly SessionHandle[]): void {
    const unknown: SessionHandle[] = []
    for (const handle of handles) {
      const copy = this.#copies.get(handle)
      this.#forget(handle)
      if (copy) void this.#tellUnlessVersionIs(handle, copy.session.version)
      else unknown.push(handle)
    }
    if (unknown.length > 0) this.#tell({ kind: 'sessions', handles: unknown })
  }

  /** Uses do not raise the version. A store that cannot answer is no reason to keep quiet. */
  async #tellUnlessVersionIs(handle: SessionHandle, version: number): Promise<void> {
    const lookup = await this.find(handle)
    if (lookup.kind === 'found' && lookup.session.version === version) return
    this.#tell({ kind: 'sessions', handles: [handle] })
  }

  #forget(handle: SessionHandle): void {
    this.#copies.delete(handle)
    const flight = this.#flights.get(handle)
    if (flight) flight.isStale = true
    this.#flights.delete(handle)
  }

  #forgetAll(): void {
    this.#copies.clear()
    for (const flight of this.#flights.values()) flight.isStale = true
    this.#flights.clear()
  }

  #tell(change: SessionsChanged): void {
    for (const { listener } of this.#listeners) listener(change)
  }
}
