import type { Clock } from '@postern/shared/clock.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { parseProgramTarget } from '@postern/shared/http/program-target.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import { isSignInBinding, newSignInBinding } from '@postern/shared/session/sign-in-binding.ts'
import type { AuthenticateLinks } from './answer/authenticate-links.ts'
import type { CompiledRoute } from './compiled-routes.ts'

export interface SignInUrlDeps {
  readonly routes: () => ReadonlyMap<string, CompiledRoute>
  readonly links: () => AuthenticateLinks
  /** Hosts to which a program may have its credential sent. */
  readonly programRedirectHosts: () => readonly string[]
  readonly clock: Clock
  readonly random: RandomBytes
}

export interface SignInUrlRequest {
  readonly host: string
  readonly routeId: string
  /** Empty for a browser. */
  readonly programRedirectUri: string
  /** Empty for a program. */
  readonly chain: string
  readonly signInBinding: string
}

/**
 * Sign-in links that are not the answer to a check: for a program, or for the next host of a sign-in to several. Throws
 * `RETURN_TO_REFUSED` for a program that waits where none may, `PDP_ROUTE_UNKNOWN`.
 */
export function createSignInUrl(deps: SignInUrlDeps) {
  return (request: SignInUrlRequest): { readonly url: string; readonly binding: string } => {
    const route = deps.routes().get(request.routeId)?.route
    if (!route) throw new PosternError('PDP_ROUTE_UNKNOWN', `no route has the id ${request.routeId}`)
    const now = deps.clock.now()
    const links = deps.links()
    if (request.chain !== '') {
      const { signInBinding: kept, chain, host } = request
      const binding = isSignInBinding(kept) ? kept : newSignInBinding(deps.random)
      return { url: links.continueSignIn({ host, chain, binding, route }, now), binding }
    }
    const target = parseProgramTarget(request.programRedirectUri, deps.programRedirectHosts())
    if (!target) throw new PosternError('RETURN_TO_REFUSED', 'no program may wait for its credential there')
    return { url: links.programSignIn(request.host, target, route, now), binding: '' }
  }
}
