import type { Context } from './koa.ts'

/** A 302 to an address that was checked before. Koa's own `redirect` takes anything, and answers with a page. */
export function redirect(ctx: Context, to: URL, status: 302 | 303 = 302): void {
  ctx.status = status
  ctx.set('location', to.href)
  ctx.body = ''
}
