import { flattenClaims } from '@postern/shared/claims/flatten-claims.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import { textClaim, type RawClaims } from './claims.ts'
import { checkEmailVerified, checkSubject } from './id-token-checks.ts'
import type { ProviderProfile } from './provider-profile.ts'

/**
 * The ID token's claims with those of the userinfo endpoint that it lacks. What the IdP signed wins. Throws
 * `IDP_CLAIMS_REFUSED` when either says that the address is not verified: the two may be about different addresses.
 */
export function joinClaims(idToken: RawClaims, userInfo: RawClaims | undefined): RawClaims {
  checkEmailVerified(idToken)
  if (!userInfo) return idToken
  checkEmailVerified(userInfo)
  return { ...userInfo, ...idToken }
}

/** Who that is, in our terms. */
export function identityOf(raw: RawClaims, profile: ProviderProfile): Identity {
  const subject = checkSubject(raw)
  const adjusted = profile.adjustClaims?.(raw) ?? raw
  const email = [adjusted, ...(profile.emailFallbacks ?? []).map((name) => ({ email: adjusted[name] }))]
    .map((claims) => textClaim(claims, 'email'))
    .find((found) => found !== undefined)
  const verified = adjusted['email_verified']
  const claims = flattenClaims({
    ...adjusted,
    ...(email === undefined ? {} : { email }),
    ...(verified === undefined ? {} : { email_verified: verified === true || verified === 'true' }),
  })
  return {
    userId: (profile.userIdClaim && textClaim(adjusted, profile.userIdClaim)) || subject,
    email,
    name: textClaim(adjusted, 'name'),
    claims,
  }
}
