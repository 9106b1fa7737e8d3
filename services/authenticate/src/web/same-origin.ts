import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Context, Middleware } from './koa.ts'

/**
 * Lets only this host's own pages post. Browsers say where a request comes from (`Sec-Fetch-Site`, else `Origin`), and
 * no page can forge it; a request that says neither does not come from a page of ours.
 */
export function sameOriginPost(authenticateUrl: () => URL): Middleware {
  return async (ctx, next) => {
    if (!comesFrom(ctx, authenticateUrl().origin)) {
      throw new PosternError('REQUEST_AMBIGUOUS', 'the form was not sent by a page of this host')
    }
    await next()
  }
}

function comesFrom(ctx: Context, origin: string): boolean {
  const site = ctx.get('sec-fetch-site')
  const from = ctx.get('origin')
  // `Referrer-Policy: no-referrer` makes browsers send `Origin: null` with a form of our own pages.
  if (site !== '') return site === 'same-origin' && (from === '' || from === 'null' || from === origin)
  return from === origin
}
