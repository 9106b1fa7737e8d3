import type { Middleware } from './koa.ts'

/**
 * The headers that every response of this host carries. A page or an error sets its own, stricter or wider, policy. No
 * response of this host may be stored: nearly all of them belong to one person.
 */
export function securityHeaders(options: { readonly https: boolean }): Middleware {
  return async (ctx, next) => {
    ctx.set({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-pomerium-intercepted-response': 'true',
      ...(options.https ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    })
    await next()
  }
}
