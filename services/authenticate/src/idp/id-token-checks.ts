import { createHash } from 'node:crypto'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { isObject, type RawClaims } from './claims.ts'

/** How far the IdP's clock may be from ours, in seconds. */
export const clockToleranceSeconds = 30

/** How old an ID token may be when it arrives, in seconds: it was made for this sign-in. */
const maxAgeSeconds = 600

/** Signatures that only the IdP can make. `none` and the symmetric HS* are never among them (OIDC-02). */
const hashOfAlgorithm: Readonly<Record<string, 'sha256' | 'sha384' | 'sha512'>> = {
  RS256: 'sha256',
  PS256: 'sha256',
  ES256: 'sha256',
  RS384: 'sha384',
  PS384: 'sha384',
  ES384: 'sha384',
  RS512: 'sha512',
  PS512: 'sha512',
  ES512: 'sha512',
  EdDSA: 'sha512',
  Ed25519: 'sha512',
}

/** The signature algorithms we accept in an ID token. */
export const acceptedAlgorithms: readonly string[] = Object.keys(hashOfAlgorithm)

/**
 * What openid-client leaves to the relying party, after it has verified signature, issuer, audience, nonce and expiry:
 * algorithm, `iat` window, `azp`, `at_hash` (OpenID Connect Core 3.1.3.7 and 3.1.3.6). Throws `IDP_CLAIMS_REFUSED`.
 */
export function checkIdToken(idToken: string, accessToken: string, clientId: string, now: Date): void {
  const [headerPart = '', payloadPart = ''] = idToken.split('.')
  const header = decodePart(headerPart)
  const claims = decodePart(payloadPart)
  const algorithm = typeof header['alg'] === 'string' ? header['alg'] : ''
  const hash = Object.hasOwn(hashOfAlgorithm, algorithm) ? hashOfAlgorithm[algorithm] : undefined
  if (!hash) throw refused(`signature algorithm ${JSON.stringify(algorithm)} is not accepted`)
  checkIssuedAt(claims, now)
  if (claims['azp'] !== undefined && claims['azp'] !== clientId) throw refused('azp names another client')
  if (claims['at_hash'] !== undefined && claims['at_hash'] !== leftHalf(hash, accessToken)) {
    throw refused('at_hash does not fit the access token')
  }
}

/** The claims of a token whose signature was verified before (or that came out of our own sealed record). */
export function readClaims(idToken: string): RawClaims {
  return decodePart(idToken.split('.')[1] ?? '')
}

/** OIDC Core 2: `sub` is at most 255 ASCII characters. */
export function checkSubject(claims: RawClaims): string {
  const subject = claims['sub']
  if (typeof subject !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(subject)) throw refused('sub is missing or not ASCII')
  return subject
}

/**
 * The address must be one the IdP vouches for: `false` (also as text) is refused, `true` accepted (also as text, as
 * some IdPs send it), anything else refused. Missing is accepted: several IdPs never send it and verify all the same.
 */
export function checkEmailVerified(claims: RawClaims): void {
  const verified = claims['email_verified']
  if (verified === undefined || verified === true || verified === 'true') return
  throw refused(`email_verified is ${JSON.stringify(verified)}`)
}

function checkIssuedAt(claims: RawClaims, now: Date): void {
  const issuedAt = claims['iat']
  if (typeof issuedAt !== 'number' || !Number.isFinite(issuedAt)) throw refused('iat is missing')
  const age = now.getTime() / 1000 - issuedAt
  if (age < -clockToleranceSeconds) throw refused(`iat is ${String(Math.round(-age))} s in the future`)
  if (age > maxAgeSeconds) throw refused(`the ID token is ${String(Math.round(age))} s old`)
}

function leftHalf(hash: 'sha256' | 'sha384' | 'sha512', text: string): string {
  const digest = createHash(hash).update(text, 'ascii').digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

function decodePart(part: string): RawClaims {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    if (isObject(value)) return value
  } catch (cause) {
    throw new PosternError('IDP_CLAIMS_REFUSED', 'the ID token is not a JWS', { cause })
  }
  throw refused('the ID token is not a JWS')
}

function refused(detail: string): PosternError {
  return new PosternError('IDP_CLAIMS_REFUSED', detail)
}
