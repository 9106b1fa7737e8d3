import { hash } from 'node:crypto'
import type { SessionHandle } from '../session.ts'

/**
 * The names of our keys under the configured prefix. In a Redis Cluster the prefix needs a hash tag (`{postern}:`),
 * because one script touches a record and its indexes.
 */
export class SessionKeys {
  /** All records begin so; the reader's ACL and the invalidation channel name it. */
  readonly recordPrefix: string
  readonly userPrefix: string
  readonly sidPrefix: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.recordPrefix = `${prefix}session:`
    this.userPrefix = `${prefix}user:`
    this.sidPrefix = `${prefix}sid:`
  }

  record(handle: SessionHandle): string {
    return this.recordPrefix + handle
  }

  /** The handle in the name of a record's key. */
  handleIn(key: string): SessionHandle {
    return key.slice(this.recordPrefix.length) as SessionHandle
  }

  once(key: string): string {
    return `${this.#prefix}once:${key}`
  }

  lock(key: string): string {
    return `${this.#prefix}lock:${key}`
  }
}

/** Who or what an index is for, as a key name: of fixed length, whatever the IdP calls people. */
export function indexName(issuer: string, name: string): string {
  return hash('sha256', JSON.stringify([issuer, name]), 'base64url')
}
