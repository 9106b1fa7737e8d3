import { type JwsKey, hmacKey } from '../jose/signing-key.ts'
import { signJwt, verifyJwt } from '../jose/jwt.ts'
import type { SessionHandle, SessionId } from './session.ts'
import { handleOf, parseSessionId } from './session-id.ts'

const typ = 'postern-session+jwt'
const maxCredentialChars = 4096

export interface CredentialContent {
  readonly sessionId: SessionId
  /** The one route host, in canonical form, at which it is good. */
  readonly host: string
  readonly issuedAt: Date
  readonly expiresAt: Date
}

export type VerifiedCredential =
  | {
      readonly kind: 'valid'
      readonly sessionId: SessionId
      readonly handle: SessionHandle
      /** Milliseconds since the epoch, on a whole second. */
      readonly expiresAtMs: number
    }
  | { readonly kind: 'refused'; readonly why: 'malformed' | 'signature' | 'expired' | 'claims' }

/**
 * What a browser or a program presents to name its session: a compact JWS (HS256) with `jti` the session id and `aud` the
 * one host. It says only which session is meant; whether that session lives, its record says.
 */
export class SessionCredentials {
  readonly #keys: readonly JwsKey[]
  readonly #first: JwsKey
  readonly #issuer: string

  /** The first key signs, all verify. `issuer` is the authenticate host. */
  constructor(keys: readonly Buffer[], issuer: string) {
    this.#keys = keys.map(hmacKey)
    const first = this.#keys[0]
    if (!first) throw new TypeError('session credentials need a key')
    this.#first = first
    this.#issuer = issuer
  }

  issue(content: CredentialContent): Promise<string> {
    const claims = {
      iss: this.#issuer,
      aud: content.host,
      jti: content.sessionId,
      iat: Math.floor(content.issuedAt.getTime() / 1000),
      exp: Math.floor(content.expiresAt.getTime() / 1000),
    }
    return signJwt(claims, this.#first, { typ })
  }

  /** Needs no store: a forged credential costs no I/O. Takes tens of microseconds; keep the answer where it is asked for often. */
  async verify(credential: string, host: string, now: Date): Promise<VerifiedCredential> {
    const verdict = await verifyJwt(credential, {
      keys: this.#keys,
      typ,
      issuer: this.#issuer,
      audience: host,
      now,
      requiredClaims: ['jti'],
      maxChars: maxCredentialChars,
    })
    if (verdict.kind === 'refused') return verdict
    const { jti, exp } = verdict.claims
    const sessionId = typeof jti === 'string' ? parseSessionId(jti) : undefined
    if (sessionId === undefined || typeof exp !== 'number') return { kind: 'refused', why: 'claims' }
    return { kind: 'valid', sessionId, handle: handleOf(sessionId), expiresAtMs: exp * 1000 }
  }
}
