import { compactVerify, createLocalJWKSet, errors, type CompactJWSHeaderParameters, type JSONWebKeySet } from 'jose'
import type { JwtClaims } from './jwt.ts'

export interface KeySetOptions {
  /** An RFC 7517 key set, as its owner publishes it. */
  readonly jwks: string
  /** The signatures that are accepted; `none` and those with shared keys are never among them. */
  readonly algorithms: readonly string[]
  readonly maxChars: number
}

export type VerifiedStatement =
  | { readonly kind: 'valid'; readonly header: CompactJWSHeaderParameters; readonly claims: JwtClaims }
  /** `unknown-key`: the set holds no such key, and may hold it the next time it is read. */
  | { readonly kind: 'refused'; readonly why: 'malformed' | 'signature' | 'unknown-key' }

/**
 * Verifies the signature of a compact JWS by a published key set, and nothing else: what the statement says is the
 * caller's to judge. Whatever is wrong with it is `refused`, never an exception.
 */
export async function verifyByKeySet(token: string, options: KeySetOptions): Promise<VerifiedStatement> {
  if (token.length > options.maxChars) return { kind: 'refused', why: 'malformed' }
  const keys = createLocalJWKSet(JSON.parse(options.jwks) as JSONWebKeySet)
  const algorithms = [...options.algorithms]
  try {
    const { payload, protectedHeader } = await compactVerify(token, keys, { algorithms })
    const claims = parseClaims(payload)
    return claims ? { kind: 'valid', header: protectedHeader, claims } : { kind: 'refused', why: 'malformed' }
  } catch (error) {
    return { kind: 'refused', why: whyRefused(error) }
  }
}

function whyRefused(error: unknown): Extract<VerifiedStatement, { kind: 'refused' }>['why'] {
  // A set in which several keys fit a token without a key id does not say which one signed.
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'unknown-key'
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed) {
    return 'signature'
  }
  if (error instanceof errors.JOSEError) return 'malformed'
  throw error
}

function parseClaims(payload: Uint8Array): JwtClaims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as JwtClaims) : undefined
  } catch {
    return undefined // signed, and still no JWT
  }
}
