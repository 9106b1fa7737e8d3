import { flattenClaims } from '@postern/shared/claims/flatten-claims.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import { isObject, textClaim, type RawClaims } from './claims.ts'
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

/** Where a person's address may stand. */
const addressClaims = ['email', 'mail', 'email_verified'] as const
const yes: ReadonlySet<unknown> = new Set([true, 'true', 1, '1'])

/**
 * Entra ID for many organisations: each writes into its own directory whatever addresses it likes, so that somebody
 * else's proves nothing. It counts where Entra ID says that the address's domain is theirs (`xms_edov`).
 */
export function withoutForeignAddress(raw: RawClaims, isForManyTenants: boolean): RawClaims {
  if (!isForManyTenants || yes.has(raw['xms_edov'])) return raw
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !addressClaims.some((claim) => claim === name)))
}

/**
 * Refuses claims from which the provider left the groups out because they were too many, as Entra ID does above some two
 * hundred: to read them as no groups would let people past rules that deny a group (security case OIDC-19). Throws
 * `IDP_CLAIMS_REFUSED`.
 */
export function checkGroupsGiven(raw: RawClaims, groupsClaim: string): void {
  const [root = ''] = groupsClaim.split('.')
  if (Object.hasOwn(raw, groupsClaim) || Object.hasOwn(raw, root)) return
  const elsewhere = raw['_claim_names']
  const isLeftOut = isObject(elsewhere) && (Object.hasOwn(elsewhere, groupsClaim) || Object.hasOwn(elsewhere, root))
  if (!isLeftOut && !(root === 'groups' && raw['hasgroups'] === true)) return
  throw new PosternError(
    'IDP_CLAIMS_REFUSED',
    `the provider left out ${groupsClaim}, because there are too many; let it send only groups assigned to the application, or application roles`,
  )
}

/** Who that is, in our terms. `groupsClaim`: the one that has to be complete, where the configuration names one. */
export function identityOf(raw: RawClaims, profile: ProviderProfile, groupsClaim?: string): Identity {
  if (groupsClaim !== undefined) checkGroupsGiven(raw, groupsClaim)
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
