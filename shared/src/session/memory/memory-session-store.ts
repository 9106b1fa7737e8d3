import { isDeepStrictEqual } from 'node:util'
import { type Clock, systemClock } from '../../clock.ts'
import { normalPerson, type SessionList } from '../session-directory.ts'
import { namesAtIssuer } from '../names-at-issuer.ts'
import { sessionEndMs } from '../session-lifetime.ts'
import type {
  EndedSessions,
  LockAttempt,
  OnceClaim,
  SessionChangeListener,
  SessionLookup,
  SessionStore,
  SessionWrite,
} from '../session-store.ts'
import type { Session, SessionHandle } from '../session.ts'
import { ExpiringMap } from './expiring-map.ts'

const sweepIntervalMs = 50
/** What one sweep may remove: the event loop is not ours alone. */
const sweepLimit = 1000
const done: SessionWrite = { kind: 'done' }
const conflict: SessionWrite = { kind: 'conflict' }

/** Sessions in this process's memory: they die with it. Behaves as the Redis store does; one contract suite says so. */
export class MemorySessionStore implements SessionStore {
  readonly #clock: Clock
  readonly #sessions = new ExpiringMap<Session>()
  readonly #handlesByIndex = new Map<string, Set<SessionHandle>>()
  readonly #claims = new ExpiringMap<true>()
  readonly #locks = new ExpiringMap<symbol>()
  readonly #watches = new Set<{ readonly listener: SessionChangeListener }>()
  readonly #sweeping: NodeJS.Timeout

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
    this.#sweeping = setInterval(() => this.#sweep(), sweepIntervalMs).unref()
  }

  find(handle: SessionHandle): Promise<SessionLookup> {
    const session = this.#sessions.get(handle, this.#nowMs())
    return Promise.resolve(session ? { kind: 'found', session } : { kind: 'absent' })
  }

  create(session: Session): Promise<SessionWrite> {
    const stored = this.#sessions.get(session.handle, this.#nowMs())
    if (stored) return Promise.resolve(isSameWrite(stored, session) ? done : conflict)
    this.#put(session)
    return Promise.resolve(done)
  }

  replace(session: Session): Promise<SessionWrite> {
    const stored = this.#sessions.get(session.handle, this.#nowMs())
    if (stored && isSameWrite(stored, session)) return Promise.resolve(done)
    if (stored?.version !== session.version - 1) return Promise.resolve(conflict)
    this.#unindex(stored)
    this.#put({ ...session, lastUsedAtMs: Math.max(session.lastUsedAtMs, stored.lastUsedAtMs) })
    return Promise.resolve(done)
  }

  touch(handle: SessionHandle, lastUsedAtMs: number): Promise<SessionWrite> {
    const stored = this.#sessions.get(handle, this.#nowMs())
    if (!stored) return Promise.resolve(conflict)
    if (lastUsedAtMs > stored.lastUsedAtMs) this.#put({ ...stored, lastUsedAtMs })
    return Promise.resolve(done)
  }

  end(handle: SessionHandle): Promise<SessionWrite> {
    const session = this.#sessions.delete(handle)
    if (session) this.#forget([session])
    return Promise.resolve(done)
  }

  endByUser(issuer: string, name: string): Promise<EndedSessions> {
    return Promise.resolve(this.#endIndexed(indexKey('user', issuer, name)))
  }

  endByIdpSid(issuer: string, idpSid: string): Promise<EndedSessions> {
    return Promise.resolve(this.#endIndexed(indexKey('sid', issuer, idpSid)))
  }

  list(limit: number): Promise<SessionList> {
    return Promise.resolve(this.#list(this.#handlesByIndex.get(allSessions), limit))
  }

  listByPerson(person: string): Promise<SessionList> {
    return Promise.resolve(this.#list(this.#handlesByIndex.get(personKey(person)), Infinity))
  }

  endAll(): Promise<EndedSessions> {
    return Promise.resolve(this.#endIndexed(allSessions))
  }

  claimOnce(key: string, lifetimeMs: number): Promise<OnceClaim> {
    const nowMs = this.#nowMs()
    if (this.#claims.get(key, nowMs)) return Promise.resolve({ kind: 'repeated' })
    this.#claims.set(key, true, nowMs + lifetimeMs)
    return Promise.resolve({ kind: 'first' })
  }

  acquireLock(key: string, lifetimeMs: number): Promise<LockAttempt> {
    if (this.#locks.get(key, this.#nowMs())) return Promise.resolve({ kind: 'held' })
    const holder = Symbol('lock holder')
    this.#locks.set(key, holder, this.#nowMs() + lifetimeMs)
    const isHeld = (): boolean => this.#locks.get(key, this.#nowMs()) === holder
    const renew = (): boolean => {
      if (isHeld()) this.#locks.set(key, holder, this.#nowMs() + lifetimeMs)
      return isHeld()
    }
    const release = (): void => {
      if (isHeld()) this.#locks.delete(key)
    }
    const lock = { renew: () => Promise.resolve(renew()), release: () => Promise.resolve(release()) }
    return Promise.resolve({ kind: 'acquired', lock })
  }

  watch(listener: SessionChangeListener): Disposable {
    const watch = { listener }
    this.#watches.add(watch)
    queueMicrotask(() => {
      if (this.#watches.has(watch)) listener.channelUp()
    })
    return { [Symbol.dispose]: () => void this.#watches.delete(watch) }
  }

  ping(): Promise<{ readonly kind: 'up' }> {
    return Promise.resolve({ kind: 'up' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeping)
    this.#watches.clear()
    return Promise.resolve()
  }

  #nowMs(): number {
    return this.#clock.now().getTime()
  }

  #put(session: Session): void {
    const endMs = sessionEndMs(session)
    this.#sessions.set(session.handle, session, endMs)
    for (const key of indexKeysOf(session)) {
      const handles = this.#handlesByIndex.get(key) ?? new Set()
      this.#handlesByIndex.set(key, handles.add(session.handle))
    }
    this.#tell([session.handle])
  }

  #unindex(session: Session): void {
    for (const key of indexKeysOf(session)) {
      const handles = this.#handlesByIndex.get(key)
      handles?.delete(session.handle)
      if (handles?.size === 0) this.#handlesByIndex.delete(key)
    }
  }

  #endIndexed(key: string): EndedSessions {
    const nowMs = this.#nowMs()
    const handles = [...(this.#handlesByIndex.get(key) ?? [])]
    const live = handles.filter((handle) => this.#sessions.get(handle, nowMs) !== undefined)
    this.#forget(handles.map((handle) => this.#sessions.delete(handle)).filter((session) => session !== undefined))
    return { kind: 'done', count: live.length }
  }

  #list(handles: ReadonlySet<SessionHandle> = new Set(), limit: number): SessionList {
    const nowMs = this.#nowMs()
    const living = [...handles].map((handle) => this.#sessions.get(handle, nowMs)).filter((one) => one !== undefined)
    const sessions = living.toSorted((one, other) => sessionEndMs(other) - sessionEndMs(one)).slice(0, limit)
    return { kind: 'listed', sessions, hasMore: living.length > limit }
  }

  #forget(sessions: readonly Session[]): void {
    for (const session of sessions) this.#unindex(session)
    this.#tell(sessions.map((session) => session.handle))
  }

  #tell(handles: readonly SessionHandle[]): void {
    if (handles.length === 0) return
    for (const { listener } of this.#watches) listener.changed(handles)
  }

  #sweep(): void {
    const nowMs = this.#nowMs()
    this.#forget(this.#sessions.takeExpired(nowMs, sweepLimit).map(({ value }) => value))
    this.#claims.takeExpired(nowMs, sweepLimit)
    this.#locks.takeExpired(nowMs, sweepLimit)
  }
}

/** Uses may have come between; they do not raise the version. */
function isSameWrite(stored: Session, session: Session): boolean {
  return isDeepStrictEqual(stored, { ...session, lastUsedAtMs: stored.lastUsedAtMs })
}

const allSessions = indexKey('all')

function indexKeysOf(session: Session): string[] {
  const { issuer, identity, idpSid } = session
  const people = [identity.userId, ...(identity.email === undefined ? [] : [identity.email])].map(personKey)
  const users = namesAtIssuer(session).map((name) => indexKey('user', issuer, name))
  return [allSessions, ...users, ...people, ...(idpSid === undefined ? [] : [indexKey('sid', issuer, idpSid)])]
}

function personKey(person: string): string {
  return indexKey('person', normalPerson(person))
}

function indexKey(index: 'all' | 'user' | 'sid' | 'person', ...names: readonly string[]): string {
  return JSON.stringify([index, ...names])
}
