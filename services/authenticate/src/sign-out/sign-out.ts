import { setTimeout as wait } from 'node:timers/promises'
import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { Sealer } from '@postern/shared/crypto/seal.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { openTokens } from '@postern/shared/session/idp-tokens.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import type { IdpTokens, Session, SessionHandle } from '@postern/shared/session/session.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { IdentityProvider } from '../idp/identity-provider.ts'
import type { BrowserSessions } from '../session/browser-sessions.ts'
import { endSession, findSession } from '../session/session-record.ts'
import type { Context } from '../web/koa.ts'
import { redirect } from '../web/redirect.ts'

/** How long signing out waits for the IdP to revoke a token. */
const revocationMs = 2_000

export interface SignOutDeps {
  readonly config: Live<AuthenticateConfig>
  readonly idp: () => IdentityProvider
  readonly sessions: SessionStore
  readonly browserSessions: BrowserSessions
  readonly tokenSealer: Sealer
  readonly log: Logger
}

/**
 * Ends the session of this browser, and the named one, in the store: every route refuses their cookies from then on.
 * Then the IdP: its tokens are revoked, and the person is sent to end its own session too. Throws
 * `SESSION_STORE_UNAVAILABLE`, and keeps the cookie, when the store does not answer: nobody is told they are signed out
 * who is not.
 */
export async function signOut(ctx: Context, deps: SignOutDeps, named: SessionHandle | undefined): Promise<void> {
  const own = (await deps.browserSessions.findRecord(ctx))?.session
  const other = named === undefined || named === own?.handle ? undefined : await findSession(deps.sessions, named)
  const ended = [own, other].filter((session) => session !== undefined)
  for (const session of ended) await endSession(deps.sessions, session.handle)
  deps.browserSessions.forget(ctx)
  for (const session of ended) record(ctx, deps, session)
  const tokens = ended
    .map((session) => openTokens(deps.tokenSealer, session.sealedTokens))
    .filter((t) => t !== undefined)
  const [next] = await Promise.all([leadOn(deps, tokens), revoke(deps, tokens)])
  redirect(ctx, next, ctx.method === 'POST' ? 303 : 302)
}

/** Where signing out ends: at the IdP's end session endpoint, which leads back here or to the configured address. */
async function leadOn(deps: SignOutDeps, tokens: readonly IdpTokens[]): Promise<URL> {
  const { signOutRedirectUrl, authenticateUrl } = deps.config.current
  const home = signOutRedirectUrl ?? new URL('/.pomerium/signed_out', authenticateUrl)
  // Without a session there is nothing to end at the IdP, and no hint for whom.
  if (tokens.length === 0) return home
  try {
    return (await deps.idp().endSessionUrl(tokens[0]?.idToken, home)) ?? home
  } catch (error) {
    if (!(error instanceof PosternError) || error.code !== 'IDP_UNAVAILABLE') throw error
    deps.log.warn({ error }, 'signed out here, but not at the IdP')
    return home
  }
}

async function revoke(deps: SignOutDeps, tokens: readonly IdpTokens[]): Promise<void> {
  const late = new AbortController()
  const revoked = Promise.all(tokens.map((one) => deps.idp().revoke(one)))
  await Promise.race([
    revoked,
    wait(revocationMs, undefined, { signal: late.signal, ref: false }).catch(() => undefined),
  ])
  late.abort()
}

function record(ctx: Context, deps: SignOutDeps, session: Session): void {
  deps.log.info(
    {
      'request-id': ctx.state.requestId,
      'session-id': session.handle,
      user: session.identity.userId,
      idp: session.idpId,
    },
    'sign-out',
  )
}
