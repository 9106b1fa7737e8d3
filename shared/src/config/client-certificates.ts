/** Which certificates of clients count. The content, not the paths, of what the configuration names. */
export interface ClientCertificatesConfig {
  /** PEM: every authority of every route. A connection does not know yet which route it is for. */
  readonly authorities: string
  /** PEM revocation lists, one to a text; where there are any, every authority needs one. */
  readonly revocationLists: readonly string[]
  /** Whoever has no certificate that counts does not even connect. */
  readonly rejectsConnections: boolean
  /** One of a certificate’s alternative names has to match one of these; empty: they are not looked at. */
  readonly alternativeNames: readonly AlternativeNamePattern[]
  /** 1: a trusted authority has to have signed a client’s certificate itself. 0: any number may stand between. */
  readonly maxDepth: 0 | 1
}

export const alternativeNameKinds = ['dns', 'email', 'ip_address', 'uri', 'user_principal_name'] as const

export type AlternativeNameKind = (typeof alternativeNameKinds)[number]

export interface AlternativeNamePattern {
  readonly kind: AlternativeNameKind
  /** RE2; matches the whole name. */
  readonly regex: string
}
