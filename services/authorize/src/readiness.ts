import type { SessionReader } from '@postern/shared/session/session-store.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'

const againMs = 500
/** No session has this handle; any answer but "unavailable" shows that the store is there. */
const nobody = 'A'.repeat(43) as SessionHandle

/**
 * Calls back when the session store has answered for the first time. After that it is never asked again: a store that goes
 * away later fails the checks that need it, one by one, and taking every instance out of service would fail the rest too.
 */
export function onceStoreAnswers(sessions: Pick<SessionReader, 'find'>, answered: () => void): Disposable {
  let timer: NodeJS.Timeout | undefined
  let waiting = true
  const ask = async (): Promise<void> => {
    const lookup = await sessions.find(nobody)
    if (!waiting) return
    if (lookup.kind === 'unavailable') timer = setTimeout(() => void ask(), againMs)
    else answered()
  }
  void ask()
  return {
    [Symbol.dispose]: () => {
      waiting = false
      clearTimeout(timer)
    },
  }
}
