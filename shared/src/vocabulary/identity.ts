/** One value of an IdP claim, after flattening. */
export type ClaimValue = string | number | boolean | null

/** Claims as policies see them: nested objects flattened to `a.b` keys, every value a list. */
export type Claims = Readonly<Record<string, readonly ClaimValue[]>>

/** What the IdP said about a person, normalised. */
export interface Identity {
  /** The IdP's `sub` (Azure: `oid`). Unique only together with the issuer. */
  readonly userId: string
  readonly email: string | undefined
  readonly name: string | undefined
  readonly claims: Claims
}
