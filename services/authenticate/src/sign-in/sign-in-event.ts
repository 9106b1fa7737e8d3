import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { Session } from '@postern/shared/session/session.ts'
import type { AuthenticateMetrics } from '../metrics.ts'
import type { Context, Middleware } from '../web/koa.ts'

/** One line per sign-in that ended, well or not. No name, no address, no token. */
export interface SignInEvent {
  readonly 'request-id': string
  readonly outcome: 'ok' | 'refused'
  /** Which client configuration at the IdP. */
  readonly idp: string
  /** The IdP's id of the person; unknown when refused. */
  readonly user: string | undefined
  /** The handle of the new session: what its end, and its requests, are logged under. */
  readonly 'session-id': string | undefined
  /** The route host where the person was going, as far as known. */
  readonly host: string | undefined
  /** Why it was refused: a code of the error catalogue. */
  readonly reason: string | undefined
}

export interface SignInEventDeps {
  readonly log: Logger
  readonly metrics: Pick<AuthenticateMetrics, 'signInEnded'>
}

/** Records a sign-in that succeeded. */
export function recordSignIn({ log, metrics }: SignInEventDeps, ctx: Context, session: Session, host: string): void {
  const { handle, idpId, identity } = session
  const event: SignInEvent = {
    'request-id': ctx.state.requestId,
    outcome: 'ok',
    idp: idpId,
    user: identity.userId,
    'session-id': handle,
    host,
    reason: undefined,
  }
  metrics.signInEnded()
  log.info({ ...event }, 'sign-in')
}

/** Records the sign-ins that an endpoint refuses, and passes the refusal on. */
export function recordRefusedSignIn({ log, metrics }: SignInEventDeps, idp: () => string): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      const reason = error instanceof PosternError ? error.code : 'INTERNAL'
      const { requestId, startAgainUrl } = ctx.state
      const event: SignInEvent = {
        'request-id': requestId,
        outcome: 'refused',
        idp: idp(),
        user: undefined,
        'session-id': undefined,
        host: startAgainUrl?.host,
        reason,
      }
      metrics.signInEnded(reason)
      log.info({ ...event }, 'sign-in')
      throw error
    }
  }
}
