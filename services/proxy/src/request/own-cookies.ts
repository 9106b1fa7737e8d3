/** The names of the cookies on a route host that are Postern's, from the configured name. */
export interface OwnCookieNames {
  readonly session: string
  /**
   * Ties a sign-in to the browser that began it. A prefix: several tabs that start at once, before any of them has one,
   * get one each, and none overwrites another's.
   */
  readonly bindingPrefix: string
  /** Counts how often this browser came back from a sign-in within a minute. */
  readonly returns: string
}

export function ownCookieNames(name: string): OwnCookieNames {
  return { session: name, bindingPrefix: `${name}_csrf`, returns: `${name}_returns` }
}

export interface CookieSplit {
  readonly session: string | undefined
  /** Two session cookies with different values came: a neighbouring host may have planted one. */
  readonly sessionIsAmbiguous: boolean
  readonly bindings: readonly string[]
  readonly returns: string | undefined
  /** The application's cookies, in their order; `undefined` when none is left. */
  readonly others: string | undefined
}

const nothing: CookieSplit = {
  session: undefined,
  sessionIsAmbiguous: false,
  bindings: [],
  returns: undefined,
  others: undefined,
}

/** Cuts Postern's cookies out of a `Cookie` header; the rest stays byte for byte (security case HDR-20). */
export function splitCookies(header: string | undefined, names: OwnCookieNames): CookieSplit {
  if (header === undefined) return nothing
  if (!header.includes(names.session)) return { ...nothing, others: header }
  const split = { ...nothing } as { -readonly [K in keyof CookieSplit]: CookieSplit[K] }
  const others: string[] = []
  const bindings: string[] = []
  for (const part of header.split(';')) {
    const equals = part.indexOf('=')
    const name = (equals === -1 ? part : part.slice(0, equals)).trim()
    if (!isOwnCookie(name, names)) {
      if (name !== '' || equals !== -1) others.push(part.trim())
      continue
    }
    const value = unquoted(part.slice(equals + 1).trim())
    if (name.startsWith(names.bindingPrefix)) bindings.push(value)
    else if (name === names.returns) split.returns ??= value
    else if (name === names.session) {
      if (split.session !== undefined && split.session !== value) split.sessionIsAmbiguous = true
      split.session ??= value
    }
  }
  split.bindings = bindings
  split.others = others.length === 0 ? undefined : others.join('; ')
  return split
}

/** Every cookie of ours is called like the session cookie, or like it with `_` and a word behind. */
export function isOwnCookie(name: string, names: OwnCookieNames): boolean {
  return name === names.session || name.startsWith(`${names.session}_`)
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}
