import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import { verifySignedUrl } from '@postern/shared/crypto/signed-url.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { parseProgramTarget } from '@postern/shared/http/program-target.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import type { IdentityProviders } from '../idp/identity-provider.ts'
import type { Context } from '../web/koa.ts'
import type { ChainBox } from './chain.ts'
import type { ChainRest, SignInWish } from './flow.ts'
import { parseReturnTarget } from './return-target.ts'

export interface SignInLinkDeps {
  readonly config: Live<AuthenticateConfig>
  readonly idps: IdentityProviders
  readonly chainBox: ChainBox
  readonly signedUrlKeys: readonly Buffer[]
}

/** What authorize wrote into the link, if it did. Throws `SIGN_IN_LINK_INVALID`, `RETURN_TO_REFUSED`. */
export function readSignInLink(ctx: Context, deps: SignInLinkDeps): SignInWish {
  const { authenticateUrl } = deps.config.current
  const link = new URL(ctx.req.url ?? '/', authenticateUrl)
  const verdict = verifySignedUrl(link, deps.signedUrlKeys, ctx.state.now)
  if (verdict === 'invalid') throw invalid('the signature does not fit')
  const credentialHost = link.searchParams.get(queryParameters.credentialHost) ?? undefined
  const target = readTarget(link, credentialHost, deps.config.current)
  if (verdict === 'expired') {
    // A bookmarked or restored tab: the link is ours, only old. The application's own address makes a new one.
    if (credentialHost === undefined) ctx.state.startAgainUrl = target
    throw invalid('the link has expired')
  }
  const bindingHash = link.searchParams.get(queryParameters.binding) ?? ''
  if (bindingHash === '' && credentialHost === undefined) throw invalid('the link names no sign-in binding')
  const idpId = link.searchParams.get(queryParameters.idpId) ?? deps.idps.usual.id
  if (!deps.idps.find(idpId)) throw invalid('the link names a client at the IdP that is not configured here')
  return { target, bindingHash, idpId, credentialHost, rest: readRest(ctx, link, target, deps) }
}

function readTarget(link: URL, credentialHost: string | undefined, config: AuthenticateConfig): URL {
  const text = link.searchParams.get(queryParameters.redirectUri) ?? ''
  const { returnHosts, authenticateUrl, programRedirectHosts = [] } = config
  if (credentialHost === undefined) return parseReturnTarget(text, returnHosts, authenticateUrl)
  const program = parseProgramTarget(text, programRedirectHosts)
  if (!program) throw new PosternError('RETURN_TO_REFUSED', 'no program may wait for its credential there')
  // One scheme or the other has a route on this host, or the credential would be for nowhere.
  if (!['https', 'http'].some((scheme) => isRouteOrigin(`${scheme}://${credentialHost}`, config))) {
    throw new PosternError('RETURN_TO_REFUSED', 'no route has the host that the credential is for')
  }
  return program
}

/** Exactly an origin: nothing that only begins with one. */
function isRouteOrigin(origin: string, { returnHosts, authenticateUrl }: AuthenticateConfig): boolean {
  try {
    return parseReturnTarget(`${origin}/`, returnHosts, authenticateUrl).origin === origin
  } catch (error) {
    if (error instanceof PosternError && error.code === 'RETURN_TO_REFUSED') return false
    throw error
  }
}

/** Under way already, or beginning here with the hosts that the route depends on. */
function readRest(ctx: Context, link: URL, target: URL, deps: SignInLinkDeps): ChainRest | undefined {
  const sealed = link.searchParams.get(queryParameters.chain)
  if (sealed !== null) {
    const rest = deps.chainBox.open(sealed, ctx.state.now)
    if (!rest) throw invalid('the rest of the sign-in cannot be read')
    return rest
  }
  const hosts = link.searchParams.get(queryParameters.additionalHosts)?.split(',') ?? []
  const origins = hosts.map((host) => originOn(host, target))
  const served = origins.filter((origin) => isRouteOrigin(origin, deps.config.current))
  return served.length === 0 ? undefined : { origins: served, endsAt: undefined }
}

/** The hosts of one installation are served at the same port. */
function originOn(host: string, target: URL): string {
  const port = target.port === '' || host.includes(':') ? '' : `:${target.port}`
  return `${target.protocol}//${host}${port}`
}

function invalid(detail: string): PosternError {
  return new PosternError('SIGN_IN_LINK_INVALID', detail)
}
