import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import { verifySignedUrl } from '@postern/shared/crypto/signed-url.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { isNavigation } from '@postern/shared/problem/negotiate.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import type { Tickets } from '@postern/shared/session/ticket.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import type { IdentityProvider } from '../idp/identity-provider.ts'
import type { BrowserSessions } from '../session/browser-sessions.ts'
import type { Context, Middleware } from '../web/koa.ts'
import { redirect } from '../web/redirect.ts'
import { newFlow, type FlowBox } from './flow.ts'
import type { FlowCookies } from './flow-cookies.ts'
import { countHop } from './hop-counter.ts'
import { parseReturnTarget } from './return-target.ts'
import { returnToRoute } from './return-to-route.ts'

export interface StartSignInDeps {
  readonly config: Live<AuthenticateConfig>
  readonly idp: () => IdentityProvider
  readonly browserSessions: BrowserSessions
  readonly flowBox: FlowBox
  readonly flowCookies: FlowCookies
  readonly tickets: Tickets
  readonly signedUrlKeys: readonly Buffer[]
  readonly random: RandomBytes
}

/**
 * `GET /.pomerium/sign_in`: somebody whom authorize sent here. Who is signed in already goes straight back with a
 * ticket; everybody else goes to the IdP.
 */
export function startSignIn(deps: StartSignInDeps): Middleware {
  return async (ctx) => {
    const config = deps.config.current
    const { target, bindingHash } = readSignInLink(ctx, deps)
    ctx.state.startAgainUrl = target
    // A script cannot sign anybody in: it is told so, instead of being led to the IdP's login page.
    if (!isNavigation(ctx.method, ctx.headers)) throw new PosternError('SIGN_IN_REQUIRED', 'not a navigation')
    const signedIn = await deps.browserSessions.find(ctx)
    if (signedIn) {
      countHop(ctx, config.cookie, target)
      returnToRoute(ctx, deps.tickets, { sessionId: signedIn.sessionId, target, bindingHash })
      return
    }
    const flow = newFlow(target, bindingHash, ctx.state.now, deps.random)
    const state = deps.flowBox.sealState(flow)
    const location = await deps.idp().authorizationUrl({ state, ...flow.secrets })
    deps.flowCookies.remember(ctx, flow)
    redirect(ctx, location)
  }
}

/** What authorize wrote into the link, if it did. */
function readSignInLink(ctx: Context, deps: StartSignInDeps): { target: URL; bindingHash: string } {
  const { authenticateUrl, returnHosts } = deps.config.current
  const link = new URL(ctx.req.url ?? '/', authenticateUrl)
  const verdict = verifySignedUrl(link, deps.signedUrlKeys, ctx.state.now)
  if (verdict === 'invalid') throw new PosternError('SIGN_IN_LINK_INVALID', 'the signature does not fit')
  const target = parseReturnTarget(
    link.searchParams.get(queryParameters.redirectUri) ?? '',
    returnHosts,
    authenticateUrl,
  )
  if (verdict === 'expired') {
    // A bookmarked or restored tab: the link is ours, only old. The application's own address makes a new one.
    ctx.state.startAgainUrl = target
    throw new PosternError('SIGN_IN_LINK_INVALID', 'the link has expired')
  }
  const bindingHash = link.searchParams.get(queryParameters.binding) ?? ''
  if (bindingHash === '') throw new PosternError('SIGN_IN_LINK_INVALID', 'the link names no sign-in binding')
  return { target, bindingHash }
}
