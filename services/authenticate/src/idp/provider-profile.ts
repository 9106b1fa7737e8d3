import type { RawClaims } from './claims.ts'

/** What is special about one kind of provider. A provider that differs in nothing has no file of its own. */
export interface ProviderProfile {
  readonly scopes: readonly string[]
  /** Extra parameters of the authorization request; `idp_request_params` replaces them. */
  readonly requestParams: Readonly<Record<string, string>>
  /** Parameters without which the provider does not work; nothing replaces them. */
  readonly requiredParams?: Readonly<Record<string, string>>
  /** The claim that names the person; `sub` when absent. */
  readonly userIdClaim?: string
  /** The claim of an access token that names the person as `sub` of an ID token does, where its own `sub` does not. */
  readonly accessTokenSubject?: string
  /** Where to ask about an access token, of a provider without introspection (RFC 7662). */
  readonly tokenInfoUrl?: URL
  /** Where the e-mail address may be, in order, beside `email`. */
  readonly emailFallbacks?: readonly string[]
  /** Adjusts claims before they are normalised. */
  readonly adjustClaims?: (claims: RawClaims) => RawClaims
}

/** Plain OpenID Connect, with a refresh token where the provider gives one. */
export const openid: ProviderProfile = {
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  requestParams: {},
}
