/** What a route answers instead of forwarding. */
export type RouteAnswer =
  | {
      readonly kind: 'redirect'
      readonly status: 301 | 302 | 303 | 307 | 308
      /** Of these parts of the address, what is left out stays as it came. */
      readonly scheme: 'http' | 'https' | undefined
      readonly host: string | undefined
      readonly port: number | undefined
      readonly path: string | undefined
      /** Replaces what the route matched (as `prefixRewrite` does); never beside `path`. */
      readonly prefixRewrite: string | undefined
      readonly stripQuery: boolean
    }
  | { readonly kind: 'response'; readonly status: number; readonly body: string }

/** RE2 pattern, applied to the path; `\1` in the substitution is its first group. Every match is replaced. */
export interface RegexRewrite {
  readonly pattern: string
  readonly substitution: string
}

export interface ResponseHeaderRewrite {
  /** Lower case. */
  readonly header: string
  readonly prefix: string
  readonly value: string
}

/** How requests that could be read in two ways are read. */
export interface RequestRules {
  readonly headersWithUnderscores: 'reject' | 'drop' | 'allow'
  /** `%2F` and `%5C` in a path. `unescape-redirect`: to the same URL with a slash there; `unescape-forward`: as if it were one. */
  readonly escapedSlashes: 'reject' | 'keep' | 'unescape-redirect' | 'unescape-forward'
  /** `//` is one slash. */
  readonly mergeSlashes: boolean
  /** Dot segments are removed (RFC 3986 §5.2.4). */
  readonly normalizePath: boolean
}
