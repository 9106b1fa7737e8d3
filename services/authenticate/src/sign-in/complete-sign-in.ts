import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { SessionWriter } from '@postern/shared/session/session-store.ts'
import type { IdentityProviders } from '../idp/identity-provider.ts'
import type { BrowserSessions } from '../session/browser-sessions.ts'
import { readForm } from '../web/form-body.ts'
import type { Context, Middleware } from '../web/koa.ts'
import { redirect } from '../web/redirect.ts'
import { flowLifetimeMs, type FlowBox, type FlowSecrets, type FlowState } from './flow.ts'
import type { FlowCookies } from './flow-cookies.ts'
import { returnToRoute, type ReturnDeps } from './return-to-route.ts'
import { recordSignIn, type SignInEventDeps } from './sign-in-event.ts'

export interface CompleteSignInDeps extends ReturnDeps, SignInEventDeps {
  readonly idps: IdentityProviders
  readonly browserSessions: BrowserSessions
  readonly flowBox: FlowBox
  readonly flowCookies: FlowCookies
  readonly sessions: Pick<SessionWriter, 'claimOnce'>
}

/**
 * `/oauth2/callback`: the IdP's answer. State and browser come first; the IdP is not called for an answer that does not
 * belong here (CSRF-05).
 */
export function completeSignIn(deps: CompleteSignInDeps): Middleware {
  return async (ctx) => {
    const response = await readResponse(ctx)
    const sealedState = response.get('state') ?? ''
    const state = deps.flowBox.openState(sealedState)
    if (!state) throw mismatch('the state was not made here')
    if (state.credentialHost === undefined) ctx.state.startAgainUrl = state.target
    const secrets = deps.flowCookies.find(ctx, state.flowId)
    if (await continueSignedIn(ctx, deps, state, secrets)) return
    if (!secrets) throw mismatch('this browser did not begin this sign-in, or has finished it')
    if (ctx.state.now.getTime() - state.startedAtMs > flowLifetimeMs) {
      throw new PosternError('FLOW_EXPIRED', 'the sign-in took longer than ten minutes')
    }
    await claimFlow(deps, state)
    deps.flowCookies.forget(ctx, state.flowId)
    const idp = deps.idps.find(state.idpId)
    if (!idp) throw mismatch('the client at the IdP that it began with is gone')
    const startedAt = new Date(state.startedAtMs)
    const signIn = await idp.redeemCode(response, { state: sealedState, ...secrets, startedAt })
    const signedIn = await deps.browserSessions.begin(ctx, signIn, idp.id)
    recordSignIn(deps, ctx, signedIn.session, state.credentialHost ?? state.target.host)
    await returnToRoute(ctx, deps, signedIn, state)
  }
}

/**
 * A reloaded answer, or another tab was faster: whoever is signed in since this attempt began goes on, and the answer is
 * not used. A tab whose secrets are gone goes to the plain address; its host knows the way from there.
 */
async function continueSignedIn(
  ctx: Context,
  deps: CompleteSignInDeps,
  state: FlowState,
  secrets: FlowSecrets | undefined,
): Promise<boolean> {
  const signedIn = await deps.browserSessions.find(ctx, state.idpId)
  if (!signedIn || (secrets && signedIn.session.issuedAtMs < state.startedAtMs)) return false
  // A program that got its credential is not waiting for another.
  if (!secrets && state.credentialHost !== undefined) return false
  deps.flowCookies.forget(ctx, state.flowId)
  if (secrets) await returnToRoute(ctx, deps, signedIn, state)
  else redirect(ctx, state.target)
  return true
}

/** One answer per attempt, on whichever replica it arrives (CSRF-02). */
async function claimFlow(deps: CompleteSignInDeps, state: FlowState): Promise<void> {
  const claim = await deps.sessions.claimOnce(`flow:${state.flowId}`, flowLifetimeMs)
  if (claim.kind === 'unavailable') {
    throw new PosternError('SESSION_STORE_UNAVAILABLE', 'the flow could not be claimed', { cause: claim.cause })
  }
  if (claim.kind === 'repeated') throw mismatch('this sign-in was finished before')
}

async function readResponse(ctx: Context): Promise<URLSearchParams> {
  const response = ctx.method === 'POST' ? await readForm(ctx) : new URLSearchParams(ctx.querystring)
  const names = [...response.keys()]
  if (new Set(names).size !== names.length) throw mismatch('a parameter stands twice')
  return response
}

function mismatch(detail: string): PosternError {
  return new PosternError('FLOW_MISMATCH', detail)
}
