export interface CookieOptions {
  readonly path?: string
  readonly domain?: string | undefined
  /** 0 deletes the cookie; `undefined` makes one that ends with the browser. */
  readonly maxAgeSeconds?: number | undefined
  readonly httpOnly?: boolean
  readonly secure?: boolean
  readonly sameSite?: 'lax' | 'strict' | 'none' | undefined
}

const cookieName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const cookieValue = /^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]*$/
const attributeValue = /^[\x20-\x3A\x3C-\x7E]*$/
const sameSiteWords = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

/**
 * All values of every cookie in a `Cookie` header, in the order sent. A name may come more than once (other path,
 * other domain, or planted by a neighbouring host), so the caller decides which value counts. Values are as sent.
 */
export function parseCookies(header: string | undefined): ReadonlyMap<string, readonly string[]> {
  const cookies = new Map<string, string[]>()
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, equals)).trim()
    if (name === '') continue
    const value = pair.slice(equals + 1).trim()
    const values = cookies.get(name)
    if (values === undefined) cookies.set(name, [value])
    else values.push(value)
  }
  return cookies
}

/**
 * One `Set-Cookie` value (RFC 6265 §4.1). `Path=/`, `HttpOnly` and `Secure` unless the options say otherwise.
 * Throws a TypeError for anything that would change the header's structure: that is a bug, not an input.
 */
export function serializeCookie(name: string, value: string, options: CookieOptions = {}): string {
  const { path = '/', domain, maxAgeSeconds, httpOnly = true, secure = true, sameSite } = options
  if (!cookieName.test(name)) throw new TypeError('a cookie name holds characters that RFC 6265 forbids')
  if (!cookieValue.test(value))
    throw new TypeError(`the value of cookie ${name} holds characters that RFC 6265 forbids`)
  const parts = [`${name}=${value}`, `Path=${checkAttribute(path)}`]
  if (domain !== undefined) parts.push(`Domain=${checkAttribute(domain)}`)
  if (maxAgeSeconds !== undefined) parts.push(`Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}`)
  if (httpOnly) parts.push('HttpOnly')
  if (secure) parts.push('Secure')
  if (sameSite !== undefined) parts.push(`SameSite=${sameSiteWords[sameSite]}`)
  return parts.join('; ')
}

function checkAttribute(value: string): string {
  if (!attributeValue.test(value)) throw new TypeError('a cookie attribute holds characters that RFC 6265 forbids')
  return value
}
