import { createHash } from 'node:crypto'
import type { CookieConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { clearCookie, ownCookieName, readCookie, setCookie, type OwnCookie } from '../web/browser-cookies.ts'
import type { Context } from '../web/koa.ts'
import type { SignInWish } from './flow.ts'

const maxHops = 3
const windowMs = 60_000

/** What the cookie says, all of it about this browser alone: at worst it lies to itself. */
interface Hops {
  readonly where: string
  readonly binding: string
  readonly count: number
  /** The binding came more than once: the application's host does keep cookies. */
  readonly isKept: boolean
}

/**
 * Counts how often in a minute a signed-in person comes back for the same address: the application's host did not keep
 * the session's cookie, or refuses it. The fourth time throws `SIGN_IN_LOOP` instead of sending them round again.
 */
export function countHop(ctx: Context, config: CookieConfig, wish: Pick<SignInWish, 'target' | 'bindingHash'>): void {
  const cookie = hopCookie(config)
  const hops = afterOneMore(
    readHops(readCookie(ctx, cookie.name)),
    shortHash(wish.target.href),
    shortHash(wish.bindingHash),
  )
  if (hops.count > maxHops) {
    // "Start again" on the page begins to count afresh.
    clearCookie(ctx, cookie)
    throw new PosternError('SIGN_IN_LOOP', `${String(hops.count)} sign-ins for the same address within a minute`)
  }
  setCookie(ctx, cookie, `${hops.where}.${hops.binding}.${String(hops.count)}${hops.isKept ? 'k' : ''}`)
}

/**
 * The application's host counts, too, and where it has stopped somebody it gives them another binding to start again
 * with: then the count begins anew. A host that loses every cookie has another binding each time, and that is no new start.
 */
function afterOneMore(former: Hops | undefined, where: string, binding: string): Hops {
  if (former?.where !== where) return { where, binding, count: 1, isKept: false }
  if (former.binding === binding) return { where, binding, count: former.count + 1, isKept: true }
  return { where, binding, count: former.isKept ? 1 : former.count + 1, isKept: false }
}

function readHops(text = ''): Hops | undefined {
  const [, where, binding, count, kept] = /^([\w-]{12})\.([\w-]{12})\.(\d)(k?)$/.exec(text) ?? []
  if (where === undefined || binding === undefined) return undefined
  return { where, binding, count: Number(count), isKept: kept === 'k' }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12)
}

function hopCookie(config: CookieConfig): OwnCookie {
  return {
    name: ownCookieName(config, 'hops'),
    path: '/.pomerium/sign_in',
    maxAgeMs: windowMs,
    sameSite: 'lax',
  }
}
