import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { IdpTokens } from '@postern/shared/session/session.ts'
import type { AccessTokenVerdict } from './access-token.ts'
import type { LogoutToken } from './logout-token.ts'

/** The secrets of one sign-in attempt, as the IdP needs them. */
export interface FlowChecks {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly startedAt: Date
}

/** What may help the person at the IdP, and proves nothing. */
export interface SignInHints {
  /** Who it probably is (`login_hint`, OpenID Connect Core 3.1.2.1). */
  readonly loginHint?: string | undefined
}

/** What one completed sign-in at the IdP says. */
export interface IdpSignIn {
  readonly identity: Identity
  readonly issuer: string
  /** The IdP's `sid`, for back-channel logout. */
  readonly idpSid: string | undefined
  readonly tokens: IdpTokens
  /** When the access token runs out; `undefined` when the IdP does not say. */
  readonly accessTokenExpiresAtMs: number | undefined
}

/** Whose tokens are being refreshed; a new ID token for anybody else is refused. */
export interface RefreshSubject {
  readonly issuer: string
  readonly identity: Identity
  readonly tokens: IdpTokens
}

export interface RefreshedTokens {
  /** The same person as the IdP describes them now: who lost a group has lost it here. */
  readonly identity: Identity
  readonly tokens: IdpTokens
  readonly accessTokenExpiresAtMs: number | undefined
}

/**
 * An identity provider as the rest of the service sees it. Every method throws `PosternError`: `IDP_UNAVAILABLE` when
 * trying again can help, `IDP_DECLINED`, `IDP_REJECTED_CODE` or `IDP_CLAIMS_REFUSED` when the IdP or we say no.
 */
export interface IdentityProvider {
  /** Names this client configuration; sessions of another one are not ours. */
  readonly id: string
  readonly clientId: string
  /** Whether the answer comes by POST (`response_mode=form_post`). */
  readonly formPost: boolean
  /** How old the keys are by which its ID tokens are verified; `undefined` while none are known, or where there are none. */
  readonly keySetAgeMs?: number | undefined
  /** Reads what the IdP says about itself, so that the first sign-in need not. */
  connect(): Promise<void>
  /** Where to send the person. */
  authorizationUrl(checks: FlowChecks, hints?: SignInHints): Promise<URL>
  /** Exchanges the code in the IdP's answer and verifies everything that comes back. */
  redeemCode(response: URLSearchParams, checks: FlowChecks): Promise<IdpSignIn>
  /** Fresh tokens for a session. `IDP_REJECTED_CODE`: the IdP ended it. */
  refresh(subject: RefreshSubject): Promise<RefreshedTokens>
  /** Where the IdP's own session ends (RP-initiated logout); `undefined` when it has no such place. */
  endSessionUrl(idToken: string | undefined, returnTo: URL): Promise<URL | undefined>
  /** RFC 7009, best effort: never throws. */
  revoke(tokens: IdpTokens): Promise<void>
  /** What a back-channel logout token for this client says, once everything about it is verified. `LOGOUT_TOKEN_INVALID`. */
  verifyLogoutToken(token: string): Promise<LogoutToken>
  /** What an access token that a program presents says, once everything about it is verified. */
  verifyAccessToken(token: string): Promise<AccessTokenVerdict>
  /** The issuer whose sessions end by front-channel logout; `undefined` for an IdP that has no such thing. */
  issuer(): Promise<string | undefined>
}

/** The clients that we are at the IdP: the usual one, and those that routes bring themselves. */
export interface IdentityProviders {
  /** That of all routes without a client of their own. */
  readonly usual: IdentityProvider
  readonly all: readonly IdentityProvider[]
  /** `undefined` when the configuration has no such client (any more). */
  find(id: string): IdentityProvider | undefined
}
