import type { RandomBytes } from '@postern/shared/random.ts'
import type { IdentityProviders, SignInHints } from '../idp/identity-provider.ts'
import type { Context } from '../web/koa.ts'
import { redirect } from '../web/redirect.ts'
import { newFlow, type FlowBox, type SignInWish } from './flow.ts'
import type { FlowCookies } from './flow-cookies.ts'

export interface BeginFlowDeps {
  readonly idps: IdentityProviders
  readonly flowBox: FlowBox
  readonly flowCookies: FlowCookies
  readonly random: RandomBytes
}

/** Begins an attempt to sign in: its secrets stay in this browser, and the browser goes to the IdP. */
export async function beginFlow(
  ctx: Context,
  deps: BeginFlowDeps,
  wish: SignInWish,
  hints: SignInHints = {},
): Promise<void> {
  const flow = newFlow(wish, ctx.state.now, deps.random)
  const state = deps.flowBox.sealState(flow)
  const idp = deps.idps.find(wish.idpId) ?? deps.idps.usual
  const location = await idp.authorizationUrl({ state, ...flow.secrets, startedAt: ctx.state.now }, hints)
  deps.flowCookies.remember(ctx, flow)
  redirect(ctx, location)
}
