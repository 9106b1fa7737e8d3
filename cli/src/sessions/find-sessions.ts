import type { SessionDirectory, SessionList } from '@postern/shared/session/session-directory.ts'
import { parseSessionHandle } from '@postern/shared/session/session-id.ts'
import type { EndedSessions, SessionStore } from '@postern/shared/session/session-store.ts'

/** What these commands need of a store. */
export type SessionsForOperators = Pick<SessionStore, 'find' | 'end'> & SessionDirectory

/** Sessions that began while others were being ended are ended too, up to so many times. */
const maxRounds = 5

/** The sessions that an operator means: one, by its handle, or all of a person, by e-mail address or user id. */
export async function findSessions(store: SessionsForOperators, who: string): Promise<SessionList> {
  const handle = parseSessionHandle(who)
  const lookup = handle === undefined ? undefined : await store.find(handle)
  if (lookup === undefined || lookup.kind === 'absent') return store.listByPerson(who)
  if (lookup.kind === 'unavailable') return lookup
  return { kind: 'listed', sessions: [lookup.session], hasMore: false }
}

/** Ends what `findSessions` finds, until it finds nothing. */
export async function endSessions(store: SessionsForOperators, who: string): Promise<EndedSessions> {
  let count = 0
  for (let round = 1; round <= maxRounds; round += 1) {
    const found = await findSessions(store, who)
    if (found.kind === 'unavailable') return found
    if (found.sessions.length === 0) break
    const ends = await Promise.all(found.sessions.map(({ handle }) => store.end(handle)))
    const failed = ends.find((end) => end.kind === 'unavailable')
    if (failed) return failed
    count += found.sessions.length
  }
  return { kind: 'done', count }
}
