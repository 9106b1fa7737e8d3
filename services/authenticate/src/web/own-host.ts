import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Middleware } from './koa.ts'

/**
 * Refuses requests for any other host, several hosts, and absolute-form targets: everything behind this trusts that the
 * request is for the authenticate host.
 */
export function ownHost(authenticateUrl: () => URL): Middleware {
  return async (ctx, next) => {
    const hosts = ctx.req.rawHeaders.filter((_, index, all) => index % 2 === 0 && all[index]?.toLowerCase() === 'host')
    if (hosts.length > 1) throw new PosternError('REQUEST_AMBIGUOUS', 'several Host headers')
    if (!ctx.req.url?.startsWith('/')) throw new PosternError('REQUEST_AMBIGUOUS', 'the target is not a path')
    const own = authenticateUrl()
    if (canonicalHost(ctx.get('host'), own.protocol) !== own.host) {
      throw new PosternError('ROUTE_NOT_FOUND', 'the host is not the authenticate host')
    }
    await next()
  }
}

/** Lower case, without the default port; `undefined` for what is no host. */
function canonicalHost(header: string, protocol: string): string | undefined {
  if (!/^[A-Za-z0-9.:[\]_-]{1,255}$/.test(header)) return undefined
  return URL.parse(`${protocol}//${header}/`)?.host
}
