import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import type { SessionId } from '@postern/shared/session/session.ts'
import type { Tickets } from '@postern/shared/session/ticket.ts'
import type { Context } from '../web/koa.ts'
import { redirect } from '../web/redirect.ts'

/** Sends the person back to the route's host with a ticket that is good there, once, for thirty seconds. */
export function returnToRoute(
  ctx: Context,
  tickets: Tickets,
  content: { readonly sessionId: SessionId; readonly target: URL; readonly bindingHash: string },
): void {
  const { sessionId, target, bindingHash } = content
  const ticket = tickets.issue({ sessionId, host: target.host, redirectUri: target.href, bindingHash }, ctx.state.now)
  const callback = new URL('/.pomerium/callback/', target)
  callback.searchParams.set(queryParameters.ticket, ticket)
  redirect(ctx, callback)
}
