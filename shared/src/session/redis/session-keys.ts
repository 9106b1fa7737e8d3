import { hash } from 'node:crypto'
import { normalPerson } from '../session-directory.ts'
import { namesAtIssuer } from '../names-at-issuer.ts'
import type { Session, SessionHandle } from '../session.ts'

/**
 * The names of our keys under the configured prefix. In a Redis Cluster the prefix needs a hash tag (`{postern}:`),
 * because one script touches a record and its indexes.
 */
export class SessionKeys {
  /** All keys begin so. */
  readonly prefix: string
  /** All records begin so; the reader's ACL and the invalidation channel name it. */
  readonly recordPrefix: string

  constructor(prefix: string) {
    this.prefix = prefix
    this.recordPrefix = `${prefix}session:`
  }

  record(handle: SessionHandle): string {
    return this.recordPrefix + handle
  }

  /** The handle in the name of a record's key. */
  handleIn(key: string): SessionHandle {
    return key.slice(this.recordPrefix.length) as SessionHandle
  }

  index(name: IndexName): string {
    return this.prefix + name
  }

  once(key: string): string {
    return `${this.prefix}once:${key}`
  }

  lock(key: string): string {
    return `${this.prefix}lock:${key}`
  }
}

/** An index is a sorted set of handles by the end of their sessions. Scripts know no more of it than its name. */
export type IndexName = string & { readonly __brand: 'IndexName' }

/** The index of all sessions. */
export const allSessions = 'sessions' as IndexName

/** The indexes in which a session stands. */
export function indexesOf(session: Session): readonly IndexName[] {
  const { issuer, identity, idpSid } = session
  const people = [identity.userId, ...(identity.email === undefined ? [] : [identity.email])]
  return [
    allSessions,
    ...namesAtIssuer(session).map((name) => userIndex(issuer, name)),
    ...(idpSid === undefined ? [] : [sidIndex(issuer, idpSid)]),
    ...new Set(people.map(personIndex)),
  ]
}

export function userIndex(issuer: string, name: string): IndexName {
  return named('user', issuer, name)
}

export function sidIndex(issuer: string, idpSid: string): IndexName {
  return named('sid', issuer, idpSid)
}

/** For operators, who know people by e-mail address or by user id, and not by issuer. */
export function personIndex(person: string): IndexName {
  return named('person', normalPerson(person))
}

/** Of fixed length, whatever the IdP calls people, and telling nobody who they are. */
function named(kind: string, ...parts: readonly string[]): IndexName {
  return `${kind}:${hash('sha256', JSON.stringify(parts), 'base64url')}` as IndexName
}
