import type { CookieConfig } from '@postern/shared/config/model.ts'
import { parseCookies, serializeCookie } from '@postern/shared/http/cookies.ts'
import type { Context } from './koa.ts'

export interface OwnCookie {
  readonly name: string
  readonly path: string
  /** How long the browser keeps it; `undefined`: until it is closed. */
  readonly maxAgeMs: number | undefined
  readonly sameSite: 'lax' | 'strict' | 'none'
}

/** The value of a cookie that came exactly once: of several, any may have been planted by a neighbouring host (SES-05). */
export function readCookie(ctx: Context, name: string): string | undefined {
  const values = parseCookies(ctx.get('cookie')).get(name)
  return values?.length === 1 ? values[0] : undefined
}

/** Host-only, `Secure`, `HttpOnly`. The last word about a cookie in one response is the only one. */
export function setCookie(ctx: Context, cookie: OwnCookie, value: string): void {
  const { path, sameSite } = cookie
  const maxAgeSeconds = cookie.maxAgeMs === undefined ? undefined : cookie.maxAgeMs / 1_000
  const others = cookiesSet(ctx).filter((header) => !header.startsWith(`${cookie.name}=`))
  ctx.set('set-cookie', [...others, serializeCookie(cookie.name, value, { path, sameSite, maxAgeSeconds })])
}

function cookiesSet(ctx: Context): readonly string[] {
  const header: unknown = ctx.response.headers['set-cookie']
  return Array.isArray(header) ? (header as string[]) : []
}

export function clearCookie(ctx: Context, cookie: Pick<OwnCookie, 'name' | 'path' | 'sameSite'>): void {
  setCookie(ctx, { ...cookie, maxAgeMs: 0 }, '')
}

/** The names of all our cookies start with the configured one. */
export function ownCookieName(config: CookieConfig, part: string): string {
  return `${config.name}_${part}`
}
