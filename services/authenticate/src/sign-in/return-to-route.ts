import type { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import type { SessionId } from '@postern/shared/session/session.ts'
import type { Tickets } from '@postern/shared/session/ticket.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import type { SignedIn } from '../session/browser-sessions.ts'
import type { Context } from '../web/koa.ts'
import { redirect } from '../web/redirect.ts'
import type { ChainBox } from './chain.ts'
import type { SignInWish } from './flow.ts'

export interface ReturnDeps {
  readonly tickets: Tickets
  readonly chainBox: ChainBox
  readonly routeCredentials: SessionCredentials
}

/** Ends a sign-in that succeeded: back to the route's host, or to the program that waits. */
export async function returnToRoute(
  ctx: Context,
  deps: ReturnDeps,
  signedIn: SignedIn,
  wish: SignInWish,
): Promise<void> {
  const { credentialHost, bindingHash, target } = wish
  if (credentialHost !== undefined) redirect(ctx, await programOf(ctx, deps, signedIn, credentialHost, target))
  // Begun by somebody else than the route's host, which now finds this browser known here.
  else if (bindingHash === '') redirect(ctx, target)
  else redirect(ctx, callbackOf(ctx, deps, signedIn.sessionId, wish))
}

/** The route host's callback, with a ticket that is good there, once, for thirty seconds. */
function callbackOf(ctx: Context, deps: ReturnDeps, sessionId: SessionId, wish: SignInWish): URL {
  const { target, bindingHash } = wish
  const continueAt = deps.chainBox.continueAt(wish, ctx.state.now)
  const content = { sessionId, host: target.host, redirectUri: target.href, bindingHash }
  const ticket = deps.tickets.issue(continueAt === undefined ? content : { ...content, continueAt }, ctx.state.now)
  const callback = new URL('/.pomerium/callback/', target)
  callback.searchParams.set(queryParameters.ticket, ticket)
  callback.searchParams.set(queryParameters.binding, bindingHash)
  return callback
}

/** Where the program listens (checked when the link was read), with a credential for one route host. */
async function programOf(
  ctx: Context,
  deps: ReturnDeps,
  { sessionId, session }: SignedIn,
  host: string,
  target: URL,
): Promise<URL> {
  const expiresAt = new Date(session.expiresAtMs)
  const credential = await deps.routeCredentials.issue({ sessionId, host, issuedAt: ctx.state.now, expiresAt })
  const program = new URL(target)
  program.searchParams.set(queryParameters.credential, credential)
  return program
}
