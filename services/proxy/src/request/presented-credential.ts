import type { PresentedCredential } from '@postern/shared/vocabulary/check.ts'
import type { CookieSplit } from './own-cookies.ts'
import type { RequestHead } from './request-head.ts'

export interface CredentialSearch {
  readonly credential: PresentedCredential | undefined
  /** `Authorization` for the upstream: gone when it carried a credential of ours. */
  readonly authorization: string | undefined
  /** The query without a credential of ours. */
  readonly query: string
}

const queryParameter = 'pomerium_session='
const ownScheme = /^pomerium +(\S+) *$/i
const ownBearer = /^bearer +pomerium-(\S+) *$/i

/** Never signed by anybody, so authorize refuses it and the cookies are cleared. */
const unbelievable = 'ambiguous'

/**
 * What the request shows to prove a session. The first carrier that is present decides (pomerium-facts §4.3): cookie,
 * `X-Pomerium-Authorization`, `Authorization: Pomerium`, `Authorization: Bearer Pomerium-`, query. None reaches the upstream.
 */
export function presentedCredential(head: RequestHead, cookies: CookieSplit, query: string): CredentialSearch {
  const ownAuthorization = credentialIn(head.authorization)
  const inQuery = query.includes(queryParameter) ? takeFromQuery(query) : undefined
  return {
    credential: cookieCredential(cookies) ?? headerCredential(head) ?? ownAuthorization ?? inQuery?.credential,
    authorization: ownAuthorization === undefined ? head.authorization : undefined,
    query: inQuery?.query ?? query,
  }
}

/** Two different session cookies: one may have been planted by a neighbouring host, so neither is believed (SES-05). */
function cookieCredential(cookies: CookieSplit): PresentedCredential | undefined {
  if (cookies.session === undefined) return undefined
  return { carrier: 'cookie', value: cookies.sessionIsAmbiguous ? unbelievable : cookies.session }
}

function headerCredential({ credential }: RequestHead): PresentedCredential | undefined {
  return credential === undefined ? undefined : { carrier: 'header', value: credential }
}

function credentialIn(authorization: string | undefined): PresentedCredential | undefined {
  if (authorization === undefined) return undefined
  const scheme = ownScheme.exec(authorization)?.[1]
  if (scheme !== undefined) return { carrier: 'header', value: scheme }
  const bearer = ownBearer.exec(authorization)?.[1]
  return bearer === undefined ? undefined : { carrier: 'bearer', value: bearer }
}

function takeFromQuery(query: string): { query: string; credential: PresentedCredential | undefined } {
  const parameters = query.split('&')
  const own = parameters.filter((parameter) => parameter.startsWith(queryParameter))
  const [first] = own
  if (first === undefined) return { query, credential: undefined }
  const value = own.length === 1 ? first.slice(queryParameter.length) : unbelievable
  const others = parameters.filter((parameter) => !parameter.startsWith(queryParameter))
  return { query: others.join('&'), credential: { carrier: 'query', value } }
}
