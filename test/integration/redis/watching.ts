import type { SessionChangeListener, SessionReader } from '@postern/shared/session/session-store.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'

/** What a reader was told, in order. */
export interface Watching extends Disposable {
  readonly events: ('all' | 'up' | 'down')[]
  readonly changed: Set<SessionHandle>
  readonly isUp: boolean
}

export function watching(reader: SessionReader): Watching {
  const events: Watching['events'] = []
  const changed = new Set<SessionHandle>()
  const listener: SessionChangeListener = {
    changed: (handles) => handles.forEach((handle) => changed.add(handle)),
    allChanged: () => events.push('all'),
    channelDown: () => events.push('down'),
    channelUp: () => events.push('up'),
  }
  const watch = reader.watch(listener)
  return {
    events,
    changed,
    get isUp() {
      return events.at(-1) === 'up'
    },
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  }
}
