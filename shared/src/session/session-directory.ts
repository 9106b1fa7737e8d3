import type { EndedSessions } from './session-store.ts'
import type { Session } from './session.ts'

/** For operators: who is signed in. Nothing here reads more than it answers, whatever else the store holds. */
export interface SessionDirectory {
  /** Living sessions, those that would end last first. */
  list(limit: number): Promise<SessionList>
  /** The living sessions of everybody with this e-mail address or this user id, at whatever issuer; case does not count. */
  listByPerson(person: string): Promise<SessionList>
  /** Ends every session; answers how many. */
  endAll(): Promise<EndedSessions>
}

export type SessionList =
  | { readonly kind: 'listed'; readonly sessions: readonly Session[]; readonly hasMore: boolean }
  | { readonly kind: 'unavailable'; readonly cause: unknown }

/** How e-mail addresses and user ids are compared when an operator names a person. */
export function normalPerson(person: string): string {
  return person.normalize('NFC').toLowerCase()
}
