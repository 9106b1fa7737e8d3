import type { RouteFrom } from '@postern/shared/config/model.ts'
import { signUrl } from '@postern/shared/crypto/signed-url.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import { hashBinding } from '@postern/shared/session/sign-in-binding.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'

const lifetimeMs = 300_000
/** Authenticate takes addresses up to twice as long; percent-encoding may make them longer on their way. */
const maxReturnChars = 4_096

/** Signed links to authenticate, good for five minutes: the proxy could not make one. */
export class AuthenticateLinks {
  readonly #authenticateUrl: URL
  readonly #key: Buffer

  constructor(authenticateUrl: URL, key: Buffer) {
    this.#authenticateUrl = authenticateUrl
    this.#key = key
  }

  /** Where to sign in, to come back to this very address, in the browser that holds this binding. */
  signIn(facts: RequestFacts, scheme: RouteFrom['scheme'], binding: string, now: Date): string {
    const url = new URL('/.pomerium/sign_in', this.#authenticateUrl)
    url.searchParams.set(queryParameters.redirectUri, returnAddress(facts, scheme))
    url.searchParams.set(queryParameters.binding, hashBinding(binding))
    return signUrl(url, this.#key, now, lifetimeMs).href
  }

  /** Where this session ends; without one, the authenticate host's own. */
  signOut(handle: SessionHandle | undefined, now: Date): string {
    const url = new URL('/.pomerium/sign_out', this.#authenticateUrl)
    if (handle !== undefined) url.searchParams.set(queryParameters.sessionHandle, handle)
    return signUrl(url, this.#key, now, lifetimeMs).href
  }
}

/** The address asked for, or its host's front page where that is too long to be carried through a sign-in. */
function returnAddress({ host, path, query }: RequestFacts, scheme: RouteFrom['scheme']): string {
  const address = `${scheme}://${host}${path}${query === '' ? '' : `?${query}`}`
  return address.length <= maxReturnChars ? address : `${scheme}://${host}/`
}
