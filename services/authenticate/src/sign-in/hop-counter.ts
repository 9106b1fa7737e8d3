import { createHash } from 'node:crypto'
import type { CookieConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { clearCookie, ownCookieName, readCookie, setCookie, type OwnCookie } from '../web/browser-cookies.ts'
import type { Context } from '../web/koa.ts'

const maxHops = 3
const windowMs = 60_000

/**
 * Counts how often in a minute a signed-in person comes back for the same address: the application's host did not keep
 * the session's cookie, or refuses it. The fourth time throws `SIGN_IN_LOOP` instead of sending them round again.
 */
export function countHop(ctx: Context, config: CookieConfig, target: URL): void {
  const cookie = hopCookie(config)
  const where = createHash('sha256').update(target.href).digest('base64url').slice(0, 12)
  const [formerWhere, formerCount] = (readCookie(ctx, cookie.name) ?? '').split('.')
  const hops = formerWhere === where && /^\d$/.test(formerCount ?? '') ? Number(formerCount) + 1 : 1
  if (hops > maxHops) {
    // "Start again" on the page begins to count afresh.
    clearCookie(ctx, cookie)
    throw new PosternError('SIGN_IN_LOOP', `${String(hops)} sign-ins for the same address within a minute`)
  }
  setCookie(ctx, cookie, `${where}.${String(hops)}`)
}

function hopCookie(config: CookieConfig): OwnCookie {
  return {
    name: ownCookieName(config, 'hops'),
    path: '/.pomerium/sign_in',
    maxAgeMs: windowMs,
    sameSite: 'lax',
  }
}
