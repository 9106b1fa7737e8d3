import { verifySignedUrl } from '@postern/shared/crypto/signed-url.ts'
import { renderSignOutPage } from '@postern/shared/pages/sign-out-page.ts'
import { renderSignedOutPage } from '@postern/shared/pages/signed-out-page.ts'
import { parseSessionHandle } from '@postern/shared/session/session-id.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import type { Middleware } from '../web/koa.ts'
import { respondPage } from '../web/page.ts'
import { findSignedIn } from '../session/browser-sessions.ts'
import { frontChannelLogout, type FrontChannelLogoutDeps } from './front-channel-logout.ts'
import { signOut, type SignOutDeps } from './sign-out.ts'

export type SignOutEndpointDeps = SignOutDeps & FrontChannelLogoutDeps & { readonly signedUrlKeys: readonly Buffer[] }

/** `GET /.pomerium/sign_out`: signs out when authorize made the link, or the IdP signs somebody out; else asks first. */
export function askOrSignOut(deps: SignOutEndpointDeps): Middleware {
  return async (ctx) => {
    const link = new URL(ctx.req.url ?? '/', deps.config.current.authenticateUrl)
    if (verifySignedUrl(link, deps.signedUrlKeys, ctx.state.now) === 'valid') {
      const named = parseSessionHandle(link.searchParams.get(queryParameters.sessionHandle) ?? '')
      await signOut(ctx, deps, named)
      return
    }
    if (await frontChannelLogout(ctx, deps)) return
    const signedIn = await findSignedIn(ctx, deps)
    const { identity } = signedIn?.session ?? {}
    respondPage(
      ctx,
      renderSignOutPage({
        requestId: ctx.state.requestId,
        action: '/.pomerium/sign_out',
        fields: {},
        person: identity && (identity.email ?? identity.name ?? identity.userId),
        stayUrl: '/.pomerium/',
      }),
    )
  }
}

/** `POST /.pomerium/sign_out`: from a page of our own (`sameOriginPost` has made sure). */
export function confirmSignOut(deps: SignOutEndpointDeps): Middleware {
  return (ctx) => signOut(ctx, deps, undefined)
}

/** `GET /.pomerium/signed_out`: where it ends. */
export function signedOut(): Middleware {
  return (ctx) => {
    respondPage(ctx, renderSignedOutPage({ requestId: ctx.state.requestId }))
  }
}
