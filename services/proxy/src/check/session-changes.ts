import type { Logger } from '@postern/shared/log/logger.ts'
import type { SessionChange, SessionChangeListener } from './access-checker.ts'

/** Who wants to hear of changed sessions. */
export class SessionChanges {
  readonly #listeners = new Set<SessionChangeListener>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  subscribe(listener: SessionChangeListener): Disposable {
    // A listener given twice is two subscriptions.
    const subscription: SessionChangeListener = (change) => listener(change)
    this.#listeners.add(subscription)
    return { [Symbol.dispose]: () => void this.#listeners.delete(subscription) }
  }

  publish(change: SessionChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#log.error({ error }, 'a listener for changed sessions failed')
      }
    }
  }
}
