import { flattenClaims } from '@postern/shared/claims/flatten-claims.ts'
import type { JwtClaims } from '@postern/shared/jose/jwt.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'

/**
 * Who a verified token speaks for, as policies see it. The e-mail address counts only where its issuer vouches for it:
 * anybody may write an address into a token of his own.
 */
export function identityOfClaims(claims: JwtClaims, userId: string): Identity {
  const { email, email_verified: verified, name, ...others } = claims
  const isVerified = verified === true || verified === 'true'
  const known = typeof email === 'string' && email !== '' && isVerified ? email : undefined
  return {
    userId,
    email: known,
    name: typeof name === 'string' && name !== '' ? name : undefined,
    claims: flattenClaims({
      ...others,
      ...(name === undefined ? {} : { name }),
      ...(verified === undefined ? {} : { email_verified: isVerified }),
      ...(known === undefined ? {} : { email: known }),
    }),
  }
}
