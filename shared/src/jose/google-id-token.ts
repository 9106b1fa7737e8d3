import type { JwtClaims } from './jwt.ts'
import type { RemoteKeys } from './remote-keys.ts'
import { readTokenShape } from './token-shape.ts'
import { audiencesOf, whyNotNow } from './token-checks.ts'

/** Where Google publishes the keys of its ID tokens. */
export const googleKeysUrl = new URL('https://www.googleapis.com/oauth2/v3/certs')

const issuers: ReadonlySet<unknown> = new Set(['https://accounts.google.com', 'accounts.google.com'])

export type GoogleIdToken =
  | {
      readonly kind: 'valid'
      /** The number of the service account. */
      readonly subject: string
      /** Of the service account, where Google vouches for it. */
      readonly email: string | undefined
      readonly audience: string
      readonly expiresAtMs: number
      readonly claims: JwtClaims
    }
  | { readonly kind: 'refused'; readonly why: string }

/**
 * Verifies the ID token of a service account. For whom it is, is left to the caller. A person's token, which names the
 * program that it was made for in `azp`, is refused.
 * @throws PosternError `IDP_UNAVAILABLE` when Google's keys cannot be had
 */
export async function verifyGoogleIdToken(token: string, keys: RemoteKeys, now: Date): Promise<GoogleIdToken> {
  const shape = readTokenShape(token)
  if (!shape) return refused('malformed')
  if (!isPlainJwt(shape.header['typ'])) return refused('another kind of token')
  if (!issuers.has(shape.claims['iss'])) return refused('another issuer')
  const verdict = await keys.verify(token, ['RS256'])
  if (verdict.kind === 'refused') return refused(verdict.why)
  const { claims } = verdict
  const untimely = whyNotNow(claims, now)
  if (untimely !== undefined) return refused(untimely)
  const { sub, azp, email, email_verified: emailVerified, exp } = claims
  const [audience, ...others] = audiencesOf(claims)
  if (audience === undefined || others.length > 0) return refused('not exactly one audience')
  if (typeof sub !== 'string' || sub === '') return refused('no subject')
  if (azp !== undefined && azp !== sub && azp !== email) return refused('made for a program of somebody else')
  const known = typeof email === 'string' && emailVerified === true ? email : undefined
  return { kind: 'valid', subject: sub, email: known, audience, expiresAtMs: Number(exp) * 1000, claims }
}

/** Nothing more specific than a JWT: an access token, a logout token and our own tokens say what they are. */
export function isPlainJwt(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && typ.toUpperCase() === 'JWT')
}

function refused(why: string): GoogleIdToken {
  return { kind: 'refused', why }
}
