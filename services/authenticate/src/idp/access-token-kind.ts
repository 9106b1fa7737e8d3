import type { TokenShape } from '@postern/shared/jose/token-shape.ts'
import type { RawClaims } from './claims.ts'

/** Claims that providers put into access tokens and never into ID tokens. */
const marks = ['scope', 'scp', 'client_id', 'cid', 'gty', 'azpacr', 'appidacr']

/**
 * What is wrong with the kind of a JWT that should be an access token; `undefined`: nothing. An ID token says who signed
 * in, for the client alone; taken for an access token it would open what its holder was never given (security case
 * JWT-07). Many providers do not write the type `at+jwt` (RFC 9068, 2.1), so what tells the kinds apart is their claims.
 */
export function whyNoAccessToken({ header, claims }: TokenShape): string | undefined {
  const { typ: kind, token_use: use } = claims
  if ('events' in claims) return 'a statement about an event'
  if ('at_hash' in claims || 'c_hash' in claims) return 'an ID token'
  // Keycloak names the kind in `typ`, Cognito in `token_use`.
  if ((kind !== undefined && kind !== 'Bearer') || (use !== undefined && use !== 'access'))
    return 'another kind of token'
  const type = typeof header['typ'] === 'string' ? header['typ'].toLowerCase().replace(/^application\//, '') : ''
  if (type === 'at+jwt') return undefined
  if (type !== '' && type !== 'jwt') return 'another kind of token'
  const isMarked = kind !== undefined || use !== undefined || marks.some((mark) => mark in claims)
  return isMarked ? undefined : 'nothing says that it is an access token'
}

/** What the token is good for: one text (RFC 8693, 4.2), or a list, as some providers write it. */
export function scopesOf({ scope, scp }: RawClaims): readonly string[] {
  const given = scope ?? scp
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  return list.flatMap((one) => (typeof one === 'string' ? one.split(' ') : []))
}
