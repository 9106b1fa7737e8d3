import type { AuthorizeRoute, RouteFrom } from '@postern/shared/config/model.ts'
import { signUrl } from '@postern/shared/crypto/signed-url.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import { hashBinding } from '@postern/shared/session/sign-in-binding.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'

const lifetimeMs = 300_000
/** Authenticate takes addresses up to twice as long; percent-encoding may make them longer on their way. */
const maxReturnChars = 4_096

/** What a sign-in link needs to know of the route that it is for. */
type SignInRoute = Pick<AuthorizeRoute, 'from' | 'idpId' | 'dependsOn'>

/** Signed links to authenticate, good for five minutes: the proxy could not make one. */
export class AuthenticateLinks {
  readonly #authenticateUrl: URL
  readonly #key: Buffer

  constructor(authenticateUrl: URL, key: Buffer) {
    this.#authenticateUrl = authenticateUrl
    this.#key = key
  }

  /** Where to sign in, to come back to this very address, in the browser that holds this binding. */
  signIn(facts: RequestFacts, route: SignInRoute, binding: string, now: Date): string {
    const { dependsOn = [] } = route
    return this.#signIn(route, now, {
      [queryParameters.redirectUri]: returnAddress(facts, route.from.scheme),
      [queryParameters.binding]: hashBinding(binding),
      [queryParameters.additionalHosts]: dependsOn.filter((host) => host !== facts.host).join(',') || undefined,
    })
  }

  /** The next host of a sign-in to several: back to its front page, and on from there as `chain` says. */
  continueSignIn(next: { host: string; chain: string; binding: string; route: SignInRoute }, now: Date): string {
    const { host, chain, binding, route } = next
    return this.#signIn(route, now, {
      [queryParameters.redirectUri]: `${route.from.scheme}://${host}/`,
      [queryParameters.binding]: hashBinding(binding),
      [queryParameters.chain]: chain,
    })
  }

  /** Where a person signs in for a program, which waits at `target` for a credential for `host`. */
  programSignIn(host: string, target: URL, route: SignInRoute, now: Date): string {
    return this.#signIn(route, now, {
      [queryParameters.redirectUri]: target.href,
      [queryParameters.credentialHost]: host,
    })
  }

  #signIn(route: SignInRoute, now: Date, parameters: Readonly<Record<string, string | undefined>>): string {
    const url = new URL('/.pomerium/sign_in', this.#authenticateUrl)
    for (const [name, value] of Object.entries({ ...parameters, [queryParameters.idpId]: route.idpId })) {
      if (value !== undefined) url.searchParams.set(name, value)
    }
    return signUrl(url, this.#key, now, lifetimeMs).href
  }

  /** Where this session ends; without one, the authenticate host's own. From there on to `returnUrl`, if it has any. */
  signOut(handle: SessionHandle | undefined, returnUrl: string, now: Date): string {
    const url = new URL('/.pomerium/sign_out', this.#authenticateUrl)
    if (handle !== undefined) url.searchParams.set(queryParameters.sessionHandle, handle)
    if (returnUrl !== '' && returnUrl.length <= maxReturnChars) {
      url.searchParams.set(queryParameters.redirectUri, returnUrl)
    }
    return signUrl(url, this.#key, now, lifetimeMs).href
  }
}

/** The address asked for, or its host's front page where that is too long to be carried through a sign-in. */
function returnAddress({ host, path, query }: RequestFacts, scheme: RouteFrom['scheme']): string {
  const address = `${scheme}://${host}${path}${query === '' ? '' : `?${query}`}`
  return address.length <= maxReturnChars ? address : `${scheme}://${host}/`
}
