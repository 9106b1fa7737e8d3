import type { Identity } from '../vocabulary/identity.ts'

/** Names a session without being usable as a credential: base64url SHA-256 of the session id. Safe in logs and on the wire. */
export type SessionHandle = string & { readonly __brand: 'SessionHandle' }

/** The 256-bit random id that credentials carry. Never stored, never logged. */
export type SessionId = string & { readonly __brand: 'SessionId' }

/** Tokens of the IdP. In a store they are sealed; authorize opens them only where a header template asks for one. */
export interface IdpTokens {
  readonly accessToken: string | undefined
  readonly refreshToken: string | undefined
  /** The raw ID token (JWS compact). */
  readonly idToken: string | undefined
}

/** Our record that an identity signed in. The record is the truth: delete it and every replica refuses the cookie. */
export interface Session {
  readonly handle: SessionHandle
  /** Raised by every write; a write that names an old version is refused. */
  readonly version: number
  readonly identity: Identity
  readonly issuer: string
  /** Which client configuration at the IdP it came from; a route with its own client has its own sessions. */
  readonly idpId: string
  /** The IdP's `sid`, for back-channel logout. */
  readonly idpSid: string | undefined
  readonly issuedAtMs: number
  /** Absolute end; no refresh moves it. */
  readonly expiresAtMs: number
  /** Moved by reported use; with `idleTimeoutMs` it gives the idle end. */
  readonly lastUsedAtMs: number
  /** 0: no idle limit. */
  readonly idleTimeoutMs: number
  /** When the IdP's access token runs out and a refresh is due; `undefined` when there is nothing to refresh. */
  readonly refreshDueAtMs: number | undefined
  /** Sealed `IdpTokens`; see `crypto/seal.ts`. */
  readonly sealedTokens: string
}
