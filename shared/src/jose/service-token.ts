import { errors, jwtVerify, SignJWT } from 'jose'

const typ = 'postern-service+jwt'
const maxLifetimeSeconds = 300
const clockToleranceSeconds = 30

/** Who may call whom, and for how long. */
export interface ServiceTokenClaims {
  readonly issuer: string
  readonly audience: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** A JWS with which one service proves itself to another; HS256 under a key that serves nothing else. */
export function signServiceToken(claims: ServiceTokenClaims, key: Uint8Array): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ })
    .setIssuer(claims.issuer)
    .setAudience(claims.audience)
    .setIssuedAt(Math.floor(claims.issuedAtMs / 1000))
    .setExpirationTime(Math.floor(claims.expiresAtMs / 1000))
    .sign(key)
}

/** The issuer of a good token for this audience; `undefined` for every other string. A lifetime over five minutes is refused. */
export async function verifyServiceToken(
  token: string,
  key: Uint8Array,
  audience: string,
  now: Date,
): Promise<string | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      typ,
      audience,
      requiredClaims: ['iss', 'aud', 'iat', 'exp'],
      maxTokenAge: maxLifetimeSeconds,
      clockTolerance: clockToleranceSeconds,
      currentDate: now,
    })
    const { iss, iat = 0, exp = Infinity } = payload
    return exp - iat <= maxLifetimeSeconds ? iss : undefined
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
