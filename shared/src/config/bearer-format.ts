/** Somebody whose tokens programs present in place of a session. */
export interface TokenIssuer {
  /** Begins the user ids of its tokens: `<name>/<sub>`. */
  readonly name: string
  /** As its tokens spell it. */
  readonly issuer: string
  /** `undefined`: where the issuer's discovery document says. */
  readonly jwksUrl: URL | undefined
  /** Signature algorithms; asymmetric ones only. */
  readonly algorithms: readonly string[]
  /** Every audience of a token has to be one of these. */
  readonly audiences: readonly string[]
}

/**
 * Whose token a route takes from `Authorization: Bearer` in place of a session. Where a route has none, that header is
 * the application's business.
 */
export type BearerFormat =
  /** Google-signed ID tokens of service accounts, for the URL of the route. */
  | { readonly kind: 'google-identity-token' }
  | { readonly kind: 'jwt'; readonly issuers: readonly TokenIssuer[] }
  /** ID tokens of the identity provider that people sign in with, made for our own client there. */
  | {
      readonly kind: 'idp-identity-token'
      readonly issuer: string
      readonly clientId: string
      /** The claim that names the person, if not `sub`. */
      readonly userIdClaim: string | undefined
    }
  /** Access tokens of that provider, which it is asked about through authenticate. */
  | {
      readonly kind: 'idp-access-token'
      /** Which of our clients there asks (`idpIdOf`): the route's own, or the usual one. */
      readonly idpId: string
      /** Every audience of a token has to be one of these. */
      readonly audiences: readonly string[]
    }
