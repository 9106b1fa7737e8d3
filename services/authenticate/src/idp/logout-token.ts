import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { isObject, textClaim, type RawClaims } from './claims.ts'
import { clockToleranceSeconds } from './id-token-checks.ts'

/** What a verified logout token says: whose sessions end, by `sid` where it names one, else by person. */
export interface LogoutToken {
  readonly issuer: string
  /** Unique among the issuer's tokens. */
  readonly tokenId: string
  readonly idpSid: string | undefined
  /** What the issuer calls the person: `sub`, or the claim that our user ids are made of. */
  readonly names: readonly string[]
}

export interface LogoutTokenExpectation {
  readonly issuer: string
  readonly clientId: string
  /** The claim that names the person, if not `sub`. */
  readonly userIdClaim: string | undefined
  readonly now: Date
}

/** No token is taken later than this after it was made, whatever its `exp` says (Back-Channel Logout 1.0, 4). */
export const maxLogoutTokenAgeSeconds = 120

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** Explicitly a logout token, or a JWT of no stated kind, as older providers send it. */
const acceptedTypes: ReadonlySet<unknown> = new Set([undefined, 'logout+jwt', 'application/logout+jwt', 'JWT', 'jwt'])

/**
 * Judges the content of a logout token whose signature was verified (OpenID Connect Back-Channel Logout 1.0, 2.6).
 * Throws `LOGOUT_TOKEN_INVALID`.
 */
export function checkLogoutToken(header: RawClaims, claims: RawClaims, expected: LogoutTokenExpectation): LogoutToken {
  if (!acceptedTypes.has(header['typ'])) throw refusedLogoutToken(`its typ is ${JSON.stringify(header['typ'])}`)
  if (claims['iss'] !== expected.issuer) throw refusedLogoutToken('another issuer')
  const audiences = Array.isArray(claims['aud']) ? (claims['aud'] as unknown[]) : [claims['aud']]
  if (!audiences.includes(expected.clientId)) throw refusedLogoutToken('made for another client')
  checkTimes(claims, expected.now.getTime() / 1_000)
  // An ID token has a nonce; nothing that does ends a session.
  if (Object.hasOwn(claims, 'nonce')) throw refusedLogoutToken('it has a nonce')
  const events = claims['events']
  if (!isObject(events) || !isObject(events[logoutEvent])) {
    throw refusedLogoutToken('it is about another event')
  }
  const tokenId = textClaim(claims, 'jti')
  if (tokenId === undefined) throw refusedLogoutToken('it has no jti')
  const idpSid = optionalText(claims, 'sid')
  const subject = optionalText(claims, 'sub')
  if (idpSid === undefined && subject === undefined) throw refusedLogoutToken('it names neither sid nor sub')
  const userId = expected.userIdClaim === undefined ? undefined : optionalText(claims, expected.userIdClaim)
  const names = [userId, subject].filter((name) => name !== undefined)
  return { issuer: expected.issuer, tokenId, idpSid, names: [...new Set(names)] }
}

export function refusedLogoutToken(why: string): PosternError {
  return new PosternError('LOGOUT_TOKEN_INVALID', `the logout token is refused: ${why}`)
}

function checkTimes(claims: RawClaims, nowSeconds: number): void {
  const { iat, exp, nbf } = claims
  if (!isTime(iat) || !isTime(exp))
    throw refusedLogoutToken('it does not say when it was made, or until when it is good')
  if (iat > nowSeconds + clockToleranceSeconds) throw refusedLogoutToken('it was made in the future')
  if (iat < nowSeconds - maxLogoutTokenAgeSeconds - clockToleranceSeconds) throw refusedLogoutToken('it is too old')
  if (exp <= nowSeconds - clockToleranceSeconds) throw refusedLogoutToken('it has expired')
  if (nbf !== undefined && (!isTime(nbf) || nbf > nowSeconds + clockToleranceSeconds)) {
    throw refusedLogoutToken('it is not good yet')
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** A claim that is there has to be a text: `sub: 0` names nobody, and is no reason to end everybody's sessions. */
function optionalText(claims: RawClaims, name: string): string | undefined {
  if (claims[name] === undefined) return undefined
  const value = textClaim(claims, name)
  if (value === undefined) throw refusedLogoutToken(`its ${name} is not a text`)
  return value
}
