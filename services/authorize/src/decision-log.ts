import { headerOfField, type DecisionField } from '@postern/shared/config/log-fields.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { LogFields, Logger } from '@postern/shared/log/logger.ts'
import { redactQuery } from '@postern/shared/log/redact-query.ts'
import type { Session } from '@postern/shared/session/session.ts'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import { uncounted, type AuthorizeMetrics } from './metrics.ts'
import type { Judgement } from './policy/decide.ts'

const message = 'authorize check'

/** What a record says about request and person, besides the decision. */
export type AboutCheck = (question: CheckQuestion, session: Session | undefined) => LogFields

/** One structured record for each check, with the field names of pomerium-facts §7.1; counts them too. */
export class DecisionLog {
  readonly #log: Logger
  readonly #about: () => AboutCheck

  readonly #metrics: Pick<AuthorizeMetrics, 'decided' | 'notDecided'>

  /** `about`: what follows from the configuration in force. */
  constructor(
    log: Logger,
    about: () => AboutCheck,
    metrics: Pick<AuthorizeMetrics, 'decided' | 'notDecided'> = uncounted(),
  ) {
    this.#log = log
    this.#about = about
    this.#metrics = metrics
  }

  decided(question: CheckQuestion, session: Session | undefined, { decision, allow, deny }: Judgement): void {
    this.#metrics.decided(decision.kind)
    this.#log.info(
      {
        ...this.#about()(question, session),
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
    this.#metrics.decided('bearer-refused')
    this.#log.info({ ...this.#aboutStranger(question), outcome: 'deny', allow: false, 'bearer-refused': why }, message)
  }

  /** No decision was made: the caller answers 503 or asks elsewhere. */
  failed(question: CheckQuestion, error: unknown): void {
    this.#metrics.notDecided(error)
    if (error instanceof PosternError && error.code !== 'INTERNAL') {
      this.#log.warn({ ...this.#aboutStranger(question), outcome: 'error', code: error.code, error }, message)
    } else {
      this.#log.error({ ...this.#aboutStranger(question), outcome: 'error', code: 'INTERNAL', error }, message)
    }
  }

  #aboutStranger(question: CheckQuestion): LogFields {
    return this.#about()(question, undefined)
  }
}

/** How records describe a check. Left out: with the usual fields. */
export function aboutCheck(fields?: readonly DecisionField[]): AboutCheck {
  if (fields === undefined) return usualFields
  const readers = fields.map((field) => [field, readerOf(field)] as const)
  return (question, session) => {
    const usual = usualFields(question, session)
    return Object.fromEntries(readers.map(([field, read]) => [field, read?.(question, session) ?? usual[field]]))
  }
}

function usualFields({ requestId, routeId, facts }: CheckQuestion, session: Session | undefined): LogFields {
  const { method, path, host, clientAddress } = facts
  return {
    'request-id': requestId,
    'route-id': routeId,
    method,
    path,
    host,
    ip: clientAddress,
    'session-id': session?.handle,
    user: session?.identity.userId,
    email: session?.identity.email,
  }
}

/** For a field that is none of the usual ones. */
function readerOf(
  field: DecisionField,
): ((question: CheckQuestion, session: Session | undefined) => unknown) | undefined {
  const header = headerOfField(field)
  if (header !== undefined) return ({ facts }) => facts.headers.get(header)?.join(', ')
  if (field === 'query') return ({ facts }) => redactQuery(facts.query)
  if (field === 'id-token-claims') return (_question, session) => session?.identity.claims
  if (field === 'envoy-route-id' || field === 'cluster-stat-name') return ({ routeId }) => routeId
  return undefined
}
