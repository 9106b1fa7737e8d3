import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import { isNavigation } from '@postern/shared/problem/negotiate.ts'
import { isIssuerOf } from '../idp/is-issuer-of.ts'
import { type BrowserSessions, findSignedIn } from '../session/browser-sessions.ts'
import { readForm } from '../web/form-body.ts'
import type { Middleware } from '../web/koa.ts'
import { redirect } from '../web/redirect.ts'
import { beginFlow, type BeginFlowDeps } from './begin-flow.ts'
import { parseReturnTarget } from './return-target.ts'

export interface InitiateSignInDeps extends BeginFlowDeps {
  readonly config: Live<AuthenticateConfig>
  readonly browserSessions: BrowserSessions
}

/** Registered at the IdP as `initiate_login_uri`. */
export const initiateLoginPath = '/.pomerium/initiate_login'

/** As long as an e-mail address can be. */
const maxHintChars = 320

/**
 * `GET /.pomerium/initiate_login?iss=…`: a page of the IdP sends somebody here to sign in (OpenID Connect Core 4). Anybody
 * can make such a link, so it leads to our own IdP and then to a page of a route, nowhere else. That page signs in as
 * always, with a binding of its own; by then this browser is known here.
 */
export function initiateSignIn(deps: InitiateSignInDeps): Middleware {
  return async (ctx) => {
    const { iss, targetLinkUri, loginHint } = readInitiation(new URLSearchParams(ctx.querystring))
    const { returnHosts, authenticateUrl } = deps.config.current
    const target =
      targetLinkUri === undefined
        ? new URL('/.pomerium/', authenticateUrl)
        : parseReturnTarget(targetLinkUri, returnHosts, authenticateUrl)
    ctx.state.startAgainUrl = target
    if (!isNavigation(ctx.method, ctx.headers)) throw new PosternError('SIGN_IN_REQUIRED', 'not a navigation')
    const { usual } = deps.idps
    if (!(await isIssuerOf(usual, iss))) throw invalid('iss names another identity provider')
    if (await findSignedIn(ctx, deps)) {
      redirect(ctx, target)
      return
    }
    const wish = { target, bindingHash: '', idpId: usual.id, credentialHost: undefined, rest: undefined }
    await beginFlow(ctx, deps, wish, { loginHint })
  }
}

/** `POST` to the same address becomes a link: with a post from another site this browser sends none of our cookies. */
export function initiateSignInByPost(config: Live<Pick<AuthenticateConfig, 'authenticateUrl'>>): Middleware {
  return async (ctx) => {
    const { iss, targetLinkUri, loginHint } = readInitiation(await readForm(ctx))
    const link = new URL(initiateLoginPath, config.current.authenticateUrl)
    link.searchParams.set('iss', iss)
    if (targetLinkUri !== undefined) link.searchParams.set('target_link_uri', targetLinkUri)
    if (loginHint !== undefined) link.searchParams.set('login_hint', loginHint)
    redirect(ctx, link, 303)
  }
}

interface Initiation {
  readonly iss: string
  readonly targetLinkUri: string | undefined
  readonly loginHint: string | undefined
}

/** Extensions of the protocol may add parameters; those of ours stand once. Throws `SIGN_IN_LINK_INVALID`. */
function readInitiation(given: URLSearchParams): Initiation {
  const one = (name: string): string | undefined => {
    const [value, ...more] = given.getAll(name)
    if (more.length > 0) throw invalid(`${name} stands twice`)
    return value
  }
  const [iss, targetLinkUri, loginHint] = [one('iss'), one('target_link_uri'), one('login_hint')]
  if (iss === undefined) throw invalid('iss is missing')
  if (loginHint !== undefined && loginHint.length > maxHintChars) throw invalid('login_hint is too long')
  return { iss, targetLinkUri, loginHint }
}

function invalid(detail: string): PosternError {
  return new PosternError('SIGN_IN_LINK_INVALID', detail)
}
