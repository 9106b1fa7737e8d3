import type { CallContext } from '@postern/shared/grpc/unary.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { parseSessionHandle } from '@postern/shared/session/session-id.ts'
import type { RefreshOutcome, SessionRefresher } from '../session/session-refresher.ts'

const wireOutcome = {
  refreshed: 'OUTCOME_REFRESHED',
  current: 'OUTCOME_CURRENT',
  ended: 'OUTCOME_ENDED',
  'idp-unavailable': 'OUTCOME_IDP_UNAVAILABLE',
} as const satisfies Record<RefreshOutcome, string>

/** The answer has to be under way before the caller gives up. */
const marginMs = 200

/** Renews one session's IdP tokens; see `SessionRefresher`. */
export function refreshSession(deps: { readonly refresher: SessionRefresher }) {
  return async (
    request: { readonly sessionHandle: string },
    context: CallContext,
  ): Promise<{ readonly outcome: (typeof wireOutcome)[RefreshOutcome] }> => {
    const handle = parseSessionHandle(request.sessionHandle)
    if (handle === undefined) throw new PosternError('REQUEST_AMBIGUOUS', 'that is no session handle')
    const outcome = await deps.refresher.refresh(handle, Math.max(0, context.deadlineMs - marginMs))
    return { outcome: wireOutcome[outcome] }
  }
}
