import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import { verifySignedUrl } from '@postern/shared/crypto/signed-url.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { renderNotSignedInPage, renderSignOutPage } from '@postern/shared/pages/sign-out-page.ts'
import { renderSignedOutPage } from '@postern/shared/pages/signed-out-page.ts'
import { parseSessionHandle } from '@postern/shared/session/session-id.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { parseReturnTarget } from '../sign-in/return-target.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import type { Context, Middleware } from '../web/koa.ts'
import { respondPage } from '../web/page.ts'
import { findSignedIn } from '../session/browser-sessions.ts'
import { frontChannelLogout, type FrontChannelLogoutDeps } from './front-channel-logout.ts'
import { endOther, signOut, type SignOutDeps } from './sign-out.ts'

export type SignOutEndpointDeps = SignOutDeps & FrontChannelLogoutDeps & { readonly signedUrlKeys: readonly Buffer[] }

/** `GET /.pomerium/sign_out`: signs out when authorize made the link for this session, or the IdP does; else asks first. */
export function askOrSignOut(deps: SignOutEndpointDeps): Middleware {
  return async (ctx) => {
    const link = new URL(ctx.req.url ?? '/', deps.config.current.authenticateUrl)
    if (verifySignedUrl(link, deps.signedUrlKeys, ctx.state.now) === 'valid') {
      const named = parseSessionHandle(link.searchParams.get(queryParameters.sessionHandle) ?? '')
      const returnUrl = link.searchParams.get(queryParameters.redirectUri) ?? undefined
      if (await isOwnToEnd(ctx, deps, named)) {
        await signOut(ctx, deps, { named, returnUrl })
        return
      }
      if (named !== undefined) await endOther(ctx, deps, named)
    } else if (await frontChannelLogout(ctx, deps)) return
    const signedIn = await findSignedIn(ctx, deps)
    const { requestId } = ctx.state
    if (!signedIn) {
      respondPage(ctx, renderNotSignedInPage(requestId))
      return
    }
    const { email, name, userId } = signedIn.session.identity
    const person = email ?? name ?? userId
    respondPage(
      ctx,
      renderSignOutPage({ requestId, action: '/.pomerium/sign_out', fields: {}, person, stayUrl: '/.pomerium/' }),
    )
  }
}

/**
 * A link may have been made for somebody else and handed to this browser, so that it ends only what it names. Where the
 * browser has another session of its own, the person is asked.
 */
async function isOwnToEnd(ctx: Context, deps: SignOutEndpointDeps, named: SessionHandle | undefined): Promise<boolean> {
  const own = await deps.browserSessions.findRecords(ctx)
  return own.length === 0 || own.some(({ session }) => session.handle === named)
}

/** `POST /.pomerium/sign_out`: from a page of our own (`sameOriginPost` has made sure). */
export function confirmSignOut(deps: SignOutEndpointDeps): Middleware {
  return (ctx) => signOut(ctx, deps, { named: undefined, returnUrl: undefined })
}

/** `GET /.pomerium/signed_out`: where it ends, with the way back to where this browser came from. */
export function signedOut(deps: SignOutEndpointDeps): Middleware {
  return (ctx) => {
    const way = deps.wayBack.find(ctx)
    const signInUrl = way?.returnUrl === undefined ? undefined : returnTarget(way.returnUrl, deps.config.current)
    const { requestId } = ctx.state
    respondPage(ctx, renderSignedOutPage({ requestId, signInUrl, identityProviderKept: way?.idpKept ?? false }))
  }
}

/** A target that is no route's is no reason not to be signed out: there is only no way back. */
function returnTarget(text: string, { returnHosts, authenticateUrl }: AuthenticateConfig): string | undefined {
  try {
    return parseReturnTarget(text, returnHosts, authenticateUrl).href
  } catch (error) {
    if (error instanceof PosternError && error.code === 'RETURN_TO_REFUSED') return undefined
    throw error
  }
}
