import { decodeBase64url } from '../crypto/base64url.ts'
import type { JwtClaims } from './jwt.ts'
import { parseStrictJson } from './strict-json.ts'

/** The longest token that a stranger may present, in characters. */
export const maxPresentedTokenChars = 16_384
const maxDepth = 16

/** A compact JWS, read but not verified: nothing in it is true yet. */
export interface TokenShape {
  readonly header: JwtClaims
  readonly claims: JwtClaims
}

/**
 * Reads what a stranger presents as a JWT, within bounds and without leniency: three parts, each spelled as an encoder
 * spells it, JSON objects without repeated members, no extension that changes how it is to be read (RFC 7515, 4.1.11).
 * `undefined` for everything else.
 */
export function readTokenShape(token: string): TokenShape | undefined {
  if (token.length > maxPresentedTokenChars) return undefined
  const parts = token.split('.', 4)
  const [header, claims, signature] = parts.map((part) => (part === '' ? undefined : decodeBase64url(part)))
  if (parts.length !== 3 || !header || !claims || !signature) return undefined
  try {
    const shape = { header: readObject(header), claims: readObject(claims) }
    return 'crit' in shape.header || 'b64' in shape.header ? undefined : shape
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function readObject(bytes: Buffer): JwtClaims {
  const value = parseStrictJson(bytes.toString('utf8'), maxDepth)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError('not an object')
  return value as JwtClaims
}
