import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { isNavigation } from '@postern/shared/problem/negotiate.ts'
import type { BrowserSessions } from '../session/browser-sessions.ts'
import type { Middleware } from '../web/koa.ts'
import { beginFlow, type BeginFlowDeps } from './begin-flow.ts'
import { countHop } from './hop-counter.ts'
import { returnToRoute, type ReturnDeps } from './return-to-route.ts'
import { readSignInLink, type SignInLinkDeps } from './sign-in-link.ts'

export type StartSignInDeps = SignInLinkDeps &
  ReturnDeps &
  BeginFlowDeps & {
    readonly browserSessions: BrowserSessions
  }

/**
 * `GET /.pomerium/sign_in`: somebody whom authorize sent here. Who is signed in already goes straight back with a
 * ticket; everybody else goes to the IdP.
 */
export function startSignIn(deps: StartSignInDeps): Middleware {
  return async (ctx) => {
    const wish = readSignInLink(ctx, deps)
    // A program has its own way to begin; its address is no page.
    if (wish.credentialHost === undefined) ctx.state.startAgainUrl = wish.target
    // A script cannot sign anybody in: it is told so, instead of being led to the IdP's login page.
    if (!isNavigation(ctx.method, ctx.headers)) throw new PosternError('SIGN_IN_REQUIRED', 'not a navigation')
    const signedIn = await deps.browserSessions.find(ctx, wish.idpId)
    if (signedIn) {
      countHop(ctx, deps.config.current.cookie, wish)
      await returnToRoute(ctx, deps, signedIn, wish)
      return
    }
    await beginFlow(ctx, deps, wish)
  }
}
