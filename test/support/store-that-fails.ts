import type { SessionStore } from '@postern/shared/session/session-store.ts'

const answering = new Set<PropertyKey>([
  'find',
  'create',
  'replace',
  'touch',
  'end',
  'endByUser',
  'endByIdpSid',
  'claimOnce',
  'acquireLock',
  'ping',
])

/** A store that answers `unavailable` while `failing` says so. */
export function storeThatFails(store: SessionStore, failing: (method: string) => boolean): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...parameters: unknown[]): unknown => {
        if (answering.has(name) && failing(String(name))) {
          return Promise.resolve({ kind: 'unavailable', cause: new Error('the store is away') })
        }
        return Reflect.apply(value, target, parameters) as unknown
      }
    },
  })
}
