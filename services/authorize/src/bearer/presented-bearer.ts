/** What stands in `Authorization` of a request to a route that takes bearer tokens. */
export type PresentedBearer =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  /** The scheme is Bearer, and what follows is no token (RFC 6750, 2.1). */
  | { readonly kind: 'malformed' }

/** Other schemes are no credential here: they go on to the application as they came. */
export function presentedBearer(headers: ReadonlyMap<string, readonly string[]>): PresentedBearer {
  const [authorization, ...others] = headers.get('authorization') ?? []
  if (authorization === undefined || !/^bearer(?![^ ])/i.test(authorization)) return { kind: 'none' }
  const token = /^bearer +([\w~+/.-]+=*) *$/i.exec(authorization)?.[1]
  return token === undefined || others.length > 0 ? { kind: 'malformed' } : { kind: 'token', token }
}
