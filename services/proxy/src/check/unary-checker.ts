import { catalogue } from '@postern/shared/errors/catalogue.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { CheckAnswer, CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { uncounted } from '../metrics.ts'
import type { AccessChecker, AccessCheckerConfig, AccessCheckerDeps } from './access-checker.ts'
import type { AuthorizeCalls } from './authorize-calls.ts'
import { SessionChanges } from './session-changes.ts'

/** Without streams nobody tells of changed sessions, so long-lived connections ask again this often. */
const askAgainEveryMs = 10_000
const retryAfterMs = 50

/** Checks as calls of their own: slower, and authorize may scale to zero meanwhile (`authorize_check_mode: unary`). */
export function openUnaryChecker(
  config: AccessCheckerConfig,
  calls: AuthorizeCalls,
  deps: AccessCheckerDeps,
): Pick<AccessChecker, 'check' | 'onSessionsChanged' | 'isReady' | typeof Symbol.asyncDispose> {
  const maxInFlight = deps.maxInFlight ?? 10_000
  const changes = new SessionChanges(deps.log)
  const metrics = deps.metrics ?? uncounted()
  const retried = () => metrics.checkRetried('other-instance')
  const timer = setInterval(() => changes.publish({ kind: 'all' }), askAgainEveryMs).unref()
  let inFlight = 0

  const check = async (question: CheckQuestion): Promise<CheckAnswer> => {
    if (inFlight >= maxInFlight) throw new PosternError('PDP_UNAVAILABLE', 'too many checks are waiting for authorize')
    inFlight++
    try {
      return await checkTwice(calls, question, performance.now() + config.checkTimeoutMs, retried)
    } finally {
      inFlight--
    }
  }
  return {
    check,
    onSessionsChanged: (listener) => changes.subscribe(listener),
    isReady: () => true,
    [Symbol.asyncDispose]: () => {
      clearInterval(timer)
      return Promise.resolve()
    },
  }
}

/** Another instance may be able to decide what the first could not; the channels take turns. */
async function checkTwice(
  calls: AuthorizeCalls,
  question: CheckQuestion,
  deadlineAtMs: number,
  retried: () => void,
): Promise<CheckAnswer> {
  try {
    return await calls.check(question, deadlineAtMs - performance.now())
  } catch (error) {
    if (!(error instanceof PosternError) || !catalogue[error.code].retryable) throw error
    const leftMs = deadlineAtMs - performance.now() - retryAfterMs
    if (error.code === 'PDP_DEADLINE' || leftMs <= 0) throw error
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
    retried()
    return calls.check(question, leftMs)
  }
}
