import { errors, jwtVerify, type JWTVerifyOptions, SignJWT } from 'jose'
import { decodeBase64url } from '../crypto/base64url.ts'
import type { JwsKey } from './signing-key.ts'

export type JwtClaims = Readonly<Record<string, unknown>>

export interface SigningOptions {
  /** The `typ` header: says what kind of statement this is, so that none passes for another (RFC 8725, 3.11). */
  readonly typ: string
}

export interface VerificationOptions {
  /** Tried in turn; each only with its own algorithm. */
  readonly keys: readonly JwsKey[]
  readonly typ: string
  readonly issuer: string
  readonly audience: string
  readonly now: Date
  /** Beside `iss`, `aud`, `iat` and `exp`, which always are. */
  readonly requiredClaims?: readonly string[]
  readonly clockToleranceMs?: number
  readonly maxChars: number
}

export type VerifiedJwt =
  | { readonly kind: 'valid'; readonly claims: JwtClaims }
  | { readonly kind: 'refused'; readonly why: 'malformed' | 'signature' | 'expired' | 'claims' }

/** A compact JWS over exactly these claims. The key must be able to sign. */
export function signJwt(claims: JwtClaims, key: JwsKey, options: SigningOptions): Promise<string> {
  if (!key.signing) throw new TypeError('this key only verifies')
  const header = { alg: key.algorithm, typ: options.typ, ...(key.keyId === undefined ? {} : { kid: key.keyId }) }
  return new SignJWT(claims).setProtectedHeader(header).sign(key.signing)
}

/** Verifies signature, `typ`, `iss`, `aud` and the times. Whatever is wrong is `refused`, never an exception. */
export async function verifyJwt(token: string, options: VerificationOptions): Promise<VerifiedJwt> {
  if (token.length > options.maxChars || !isCompactJws(token)) return { kind: 'refused', why: 'malformed' }
  let verdict: VerifiedJwt = { kind: 'refused', why: 'signature' }
  for (const key of options.keys) {
    verdict = await verifyWith(key, token, options)
    if (verdict.kind === 'valid' || verdict.why !== 'signature') return verdict
  }
  return verdict
}

async function verifyWith(key: JwsKey, token: string, options: VerificationOptions): Promise<VerifiedJwt> {
  try {
    const { payload } = await jwtVerify(token, key.verification, joseOptions(key, options))
    // A list of audiences that holds ours is not a statement for us alone.
    return payload.aud === options.audience
      ? { kind: 'valid', claims: { ...payload } }
      : { kind: 'refused', why: 'claims' }
  } catch (error) {
    return { kind: 'refused', why: whyRefused(error) }
  }
}

function joseOptions(key: JwsKey, options: VerificationOptions): JWTVerifyOptions {
  return {
    algorithms: [key.algorithm],
    typ: options.typ,
    issuer: options.issuer,
    audience: options.audience,
    requiredClaims: ['iat', 'exp', ...(options.requiredClaims ?? [])],
    clockTolerance: (options.clockToleranceMs ?? 0) / 1000,
    currentDate: options.now,
  }
}

function whyRefused(error: unknown): Extract<VerifiedJwt, { kind: 'refused' }>['why'] {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) return 'claims'
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed) {
    return 'signature'
  }
  if (error instanceof errors.JOSEError) return 'malformed'
  throw error
}

/** Three parts, each spelled as an encoder spells it: a changed character is never the same token (see base64url.ts). */
function isCompactJws(token: string): boolean {
  const parts = token.split('.', 4)
  return parts.length === 3 && parts.every((part) => part !== '' && decodeBase64url(part) !== undefined)
}
