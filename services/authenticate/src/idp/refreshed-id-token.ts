import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RawClaims } from './claims.ts'
import { readClaims } from './id-token-checks.ts'
import type { RefreshSubject } from './identity-provider.ts'

/**
 * A refreshed ID token must be about the same sign-in (OpenID Connect Core 12.2): same issuer, subject, client and
 * time of authentication, and the same nonce if it has one. openid-client compares none of these (OIDC-13). Throws
 * `IDP_CLAIMS_REFUSED`, which ends the session.
 */
export function checkRefreshedIdToken(idToken: string, subject: RefreshSubject): void {
  const fresh = readClaims(idToken)
  if (fresh['iss'] !== subject.issuer) throw differs('iss')
  if (subject.tokens.idToken === undefined) throw differs('sub')
  const former = readClaims(subject.tokens.idToken)
  if (fresh['sub'] !== former['sub']) throw differs('sub')
  // The time of the sign-in itself, not of the last token: one in between may have left it out.
  const original = { ...former, ...claimsOfSignIn(subject.identity) }
  for (const name of ['azp', 'auth_time', 'nonce'] as const) {
    const bothHaveIt = fresh[name] !== undefined && original[name] !== undefined
    if (bothHaveIt && fresh[name] !== original[name]) throw differs(name)
  }
  if (typeof fresh['iat'] !== 'number' || typeof former['iat'] !== 'number' || fresh['iat'] < former['iat']) {
    throw differs('iat')
  }
}

/** How and when the person signed in: what a refreshed ID token may leave out, and still holds. */
export function claimsOfSignIn({ claims }: Identity): RawClaims {
  const known = ['acr', 'amr', 'auth_time'].filter((name) => Object.hasOwn(claims, name))
  return Object.fromEntries(known.map((name) => [name, claims[name]?.length === 1 ? claims[name][0] : claims[name]]))
}

/** The person that the refreshed claims describe must be the session's: it is filed under that name. */
export function checkSamePerson(identity: Identity, subject: Pick<RefreshSubject, 'identity'>): void {
  if (identity.userId !== subject.identity.userId) throw differs('user id')
}

function differs(claim: string): PosternError {
  return new PosternError('IDP_CLAIMS_REFUSED', `the refreshed ID token differs in ${claim}`)
}
