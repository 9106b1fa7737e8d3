import type { Clock } from '@postern/shared/clock.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { parseSessionHandle } from '@postern/shared/session/session-id.ts'
import type { SessionWrite, SessionWriter } from '@postern/shared/session/session-store.ts'

interface ReportUseRequest {
  readonly uses: readonly { readonly sessionHandle: string; readonly lastUsedAtMs: number }[]
}

const maxUses = 10_000

/** Moves the last use of sessions forward. A session that ended meanwhile stays ended, and is no error. */
export function reportUse(deps: { readonly sessions: Pick<SessionWriter, 'touch'>; readonly clock: Clock }) {
  return async (request: ReportUseRequest): Promise<object> => {
    if (request.uses.length > maxUses) throw new PosternError('REQUEST_BODY_TOO_LARGE', 'too many uses in one report')
    const nowMs = deps.clock.now().getTime()
    const writes = request.uses.flatMap((use): Promise<SessionWrite>[] => {
      const handle = parseSessionHandle(use.sessionHandle)
      // Nobody can use a session in the future, which would keep it from going idle.
      return handle === undefined ? [] : [deps.sessions.touch(handle, Math.min(use.lastUsedAtMs, nowMs))]
    })
    const failed = (await Promise.all(writes)).find((write) => write.kind === 'unavailable')
    if (failed?.kind === 'unavailable') {
      throw new PosternError('SESSION_STORE_UNAVAILABLE', 'not every use was recorded', { cause: failed.cause })
    }
    return {}
  }
}
