import { createHash } from 'node:crypto'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { EndedSessions, SessionWriter } from '@postern/shared/session/session-store.ts'
import { clientNamedIn } from '../idp/client-named-in.ts'
import type { IdentityProviders } from '../idp/identity-provider.ts'
import { maxLogoutTokenAgeSeconds, refusedLogoutToken, type LogoutToken } from '../idp/logout-token.ts'
import type { AuthenticateMetrics } from '../metrics.ts'
import { readForm } from '../web/form-body.ts'
import type { Context, Middleware } from '../web/koa.ts'

export interface BackChannelLogoutDeps {
  readonly idps: IdentityProviders
  readonly sessions: Pick<SessionWriter, 'endByUser' | 'endByIdpSid' | 'acquireLock'>
  readonly log: Logger
  readonly metrics: Pick<AuthenticateMetrics, 'backchannelLogout'>
}

/** Longer than a token is taken, by any replica's clock. */
const rememberMs = 3 * maxLogoutTokenAgeSeconds * 1_000

/**
 * `POST /.pomerium/backchannel_logout`: the IdP says that somebody signed out there (OpenID Connect Back-Channel Logout
 * 1.0). Their sessions end here, on every route, without their browser. 400 for a token that does not prove it; 503,
 * upon which the IdP tries again, when the store or the IdP's keys cannot be had.
 */
export function backChannelLogout(deps: BackChannelLogoutDeps): Middleware {
  return (ctx) => deps.metrics.backchannelLogout(() => signOut(deps, ctx))
}

async function signOut(deps: BackChannelLogoutDeps, ctx: Context): Promise<void> {
  const [token, ...more] = (await readForm(ctx)).getAll('logout_token')
  if (token === undefined || token === '' || more.length > 0) throw refusedLogoutToken('not exactly one came')
  const logout = await clientNamedIn(token, deps.idps).verifyLogoutToken(token)
  const count = await endOnce(deps.sessions, logout)
  const { issuer, idpSid, names } = logout
  deps.log.info(
    { 'request-id': ctx.state.requestId, issuer, user: names[0], by: idpSid === undefined ? 'sub' : 'sid', count },
    'back-channel logout',
  )
  ctx.status = 200
  ctx.body = ''
}

/**
 * A token is used once: it could end later sessions too. A use that came to nothing is given back, so that the IdP's
 * second attempt, with the same token, is not refused as a replay.
 */
async function endOnce(sessions: BackChannelLogoutDeps['sessions'], logout: LogoutToken): Promise<number> {
  const name = createHash('sha256')
    .update(JSON.stringify([logout.issuer, logout.tokenId]))
    .digest('base64url')
  const use = await sessions.acquireLock(`logout:${name}`, rememberMs)
  if (use.kind === 'held') throw refusedLogoutToken('used before')
  if (use.kind === 'unavailable') throw notEnded(use.cause)
  const ended = await end(sessions, logout)
  if (ended.kind === 'done') return ended.count
  await use.lock.release()
  throw notEnded(ended.cause)
}

/** `sid` is the narrower of the two: one sign-in at the IdP, not every one of this person. */
async function end(sessions: BackChannelLogoutDeps['sessions'], logout: LogoutToken): Promise<EndedSessions> {
  const { issuer, idpSid, names } = logout
  if (idpSid !== undefined) return sessions.endByIdpSid(issuer, idpSid)
  let count = 0
  for (const name of names) {
    const ended = await sessions.endByUser(issuer, name)
    if (ended.kind === 'unavailable') return ended
    count += ended.count
  }
  return { kind: 'done', count }
}

function notEnded(cause: unknown): PosternError {
  return new PosternError('SESSION_STORE_UNAVAILABLE', 'a back-channel logout came to nothing', { cause })
}
