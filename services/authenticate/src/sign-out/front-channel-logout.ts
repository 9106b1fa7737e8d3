import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { renderSignedOutPage } from '@postern/shared/pages/signed-out-page.ts'
import type { SessionWriter } from '@postern/shared/session/session-store.ts'
import type { IdentityProviders } from '../idp/identity-provider.ts'
import { isIssuerOf } from '../idp/is-issuer-of.ts'
import type { BrowserSessions } from '../session/browser-sessions.ts'
import type { Context } from '../web/koa.ts'
import { respondPage } from '../web/page.ts'

export interface FrontChannelLogoutDeps {
  readonly idps: IdentityProviders
  readonly sessions: Pick<SessionWriter, 'endByIdpSid'>
  readonly browserSessions: BrowserSessions
  readonly log: Logger
}

/**
 * `GET /.pomerium/sign_out?iss=…&sid=…`: a page of the IdP has this address in a frame while somebody signs out there
 * (OpenID Connect Front-Channel Logout 1.0). False when it is no such request.
 *
 * Browsers send no cookie of ours into a frame of another site, so what ends is what `sid` names: only the IdP and we
 * know it. A cookie that does come is cleared if its session is the named one.
 */
export async function frontChannelLogout(ctx: Context, deps: FrontChannelLogoutDeps): Promise<boolean> {
  const query = new URLSearchParams(ctx.querystring)
  const [iss, sid] = [query.getAll('iss'), query.getAll('sid')]
  if (iss.length === 0 || sid.length === 0) return false
  const [issuer = '', idpSid = ''] = [iss[0], sid[0]]
  if (iss.length > 1 || sid.length > 1 || idpSid === '') throw refused('iss or sid is empty, or stands twice')
  // Every client is one of the same IdP.
  if (!(await isIssuerOf(deps.idps.usual, issuer))) throw refused('the issuer is not ours')
  const own = await deps.browserSessions.findRecords(ctx)
  const ended = await deps.sessions.endByIdpSid(issuer, idpSid)
  if (ended.kind === 'unavailable') {
    throw new PosternError('SESSION_STORE_UNAVAILABLE', 'a front-channel logout came to nothing', {
      cause: ended.cause,
    })
  }
  const named = own.filter(({ session }) => session.issuer === issuer && session.idpSid === idpSid)
  for (const { session } of named) deps.browserSessions.forget(ctx, session.idpId)
  deps.log.info({ 'request-id': ctx.state.requestId, issuer, count: ended.count }, 'front-channel logout')
  respondPage(ctx, renderSignedOutPage({ requestId: ctx.state.requestId }))
  allowFrameOf(ctx, issuer)
  return true
}

/** The IdP's page has to be able to show this one, which says nothing and asks nothing. */
function allowFrameOf(ctx: Context, issuer: string): void {
  ctx.remove('x-frame-options')
  const policy = ctx.response.get('content-security-policy')
  ctx.set(
    'content-security-policy',
    policy.replace("frame-ancestors 'none'", `frame-ancestors ${new URL(issuer).origin}`),
  )
}

function refused(detail: string): PosternError {
  return new PosternError('REQUEST_AMBIGUOUS', detail)
}
