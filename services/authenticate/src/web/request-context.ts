import type { Clock } from '@postern/shared/clock.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import type { Middleware } from './koa.ts'

const acceptedId = /^[A-Za-z0-9._-]{8,64}$/

/** Gives the request its id and its time. A proxy of ours in front has named the request already. */
export function requestContext(deps: { readonly clock: Clock; readonly random: RandomBytes }): Middleware {
  return async (ctx, next) => {
    const given = ctx.get('x-request-id')
    const requestId = acceptedId.test(given) ? given : deps.random(16).toString('hex')
    Object.assign(ctx.state, { requestId, now: deps.clock.now() })
    ctx.set('x-request-id', requestId)
    await next()
  }
}
