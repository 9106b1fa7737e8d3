import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { Session } from '@postern/shared/session/session.ts'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import type { Judgement } from './policy/decide.ts'

const message = 'authorize check'

/** One structured record for each check, with the field names of pomerium-facts §7.1. */
export class DecisionLog {
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  decided(question: CheckQuestion, session: Session | undefined, { decision, allow, deny }: Judgement): void {
    this.#log.info(
      {
        ...aboutRequest(question),
        'session-id': session?.handle,
        user: session?.identity.userId,
        email: session?.identity.email,
        outcome: decision.kind,
        allow: allow.holds,
        [allow.holds ? 'allow-why-true' : 'allow-why-false']: allow.reasons,
        deny: deny.holds,
        [deny.holds ? 'deny-why-true' : 'deny-why-false']: deny.reasons,
      },
      message,
    )
  }

  /** A bearer token that is no good: no policy was asked. */
  bearerRefused(question: CheckQuestion, why: string): void {
    this.#log.info({ ...aboutRequest(question), outcome: 'deny', allow: false, 'bearer-refused': why }, message)
  }

  /** No decision was made: the caller answers 503 or asks elsewhere. */
  failed(question: CheckQuestion, error: unknown): void {
    if (error instanceof PosternError && error.code !== 'INTERNAL') {
      this.#log.warn({ ...aboutRequest(question), outcome: 'error', code: error.code, error }, message)
    } else {
      this.#log.error({ ...aboutRequest(question), outcome: 'error', code: 'INTERNAL', error }, message)
    }
  }
}

function aboutRequest({ requestId, routeId, facts }: CheckQuestion): Readonly<Record<string, string>> {
  const { method, path, host, clientAddress } = facts
  return { 'request-id': requestId, 'route-id': routeId, method, path, host, ip: clientAddress }
}
