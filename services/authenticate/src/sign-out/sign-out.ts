import { setTimeout as wait } from 'node:timers/promises'
import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { Sealer } from '@postern/shared/crypto/seal.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { openTokens } from '@postern/shared/session/idp-tokens.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import type { IdpTokens, Session, SessionHandle } from '@postern/shared/session/session.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { IdentityProvider, IdentityProviders } from '../idp/identity-provider.ts'
import type { BrowserSessions } from '../session/browser-sessions.ts'
import { endSession, findSession } from '../session/session-record.ts'
import type { Context } from '../web/koa.ts'
import { redirect } from '../web/redirect.ts'
import type { WayBackCookie } from './way-back.ts'

/** How long signing out waits for the IdP to revoke a token. */
const revocationMs = 2_000
const signedOutPath = '/.pomerium/signed_out'

export interface SignOutDeps {
  readonly config: Live<AuthenticateConfig>
  readonly idps: IdentityProviders
  readonly sessions: SessionStore
  readonly browserSessions: BrowserSessions
  readonly tokenSealer: Sealer
  readonly wayBack: WayBackCookie
  readonly log: Logger
}

export interface SignOutWish {
  /** The session that ends beside this browser's own. */
  readonly named: SessionHandle | undefined
  /** Where the person may want to go on to, as a link of ours says. */
  readonly returnUrl: string | undefined
}

/**
 * Ends the session of this browser, and the named one, in the store: every route refuses their cookies from then on.
 * Then the IdP: its tokens are revoked, and the person is sent to end its own session too. Throws
 * `SESSION_STORE_UNAVAILABLE`, and keeps the cookie, when the store does not answer: nobody is told they are signed out
 * who is not.
 */
export async function signOut(ctx: Context, deps: SignOutDeps, wish: SignOutWish): Promise<void> {
  const { named, returnUrl } = wish
  const own = (await deps.browserSessions.findRecords(ctx)).map(({ session }) => session)
  const known = named === undefined || own.some(({ handle }) => handle === named)
  const other = known ? undefined : await findSession(deps.sessions, named)
  // The named one first: it is the one whose session at the IdP the person has in mind.
  const ended = [...(other ? [other] : []), ...own].sort(
    (a, b) => Number(b.handle === named) - Number(a.handle === named),
  )
  for (const session of ended) await endSession(deps.sessions, session.handle)
  deps.browserSessions.forgetAll(ctx)
  for (const session of ended) record(ctx, deps, session)
  const atIdps = ended.flatMap((session) => atIdp(deps, session))
  const [next] = await Promise.all([leadOn(deps, atIdps[0]), revoke(atIdps)])
  const idpKept = ended.length > 0 && next.pathname === signedOutPath
  if (returnUrl !== undefined || idpKept) deps.wayBack.remember(ctx, { returnUrl, idpKept })
  else deps.wayBack.forget(ctx)
  redirect(ctx, next, ctx.method === 'POST' ? 303 : 302)
}

/** Ends a session that is not this browser's, in the store and at the IdP, and nothing of this browser's own. */
export async function endOther(ctx: Context, deps: SignOutDeps, named: SessionHandle): Promise<void> {
  const session = await findSession(deps.sessions, named)
  if (!session) return
  await endSession(deps.sessions, session.handle)
  record(ctx, deps, session)
  await revoke(atIdp(deps, session))
}

/** A session's tokens, and the client to which the IdP gave them. */
interface SessionAtIdp {
  readonly idp: IdentityProvider
  readonly tokens: IdpTokens
}

function atIdp(deps: SignOutDeps, session: Session): readonly SessionAtIdp[] {
  const idp = deps.idps.find(session.idpId)
  const tokens = openTokens(deps.tokenSealer, session.sealedTokens)
  return idp && tokens ? [{ idp, tokens }] : []
}

/** Where signing out ends: at the IdP's end session endpoint, which leads back here or to the configured address. */
async function leadOn(deps: SignOutDeps, ended: SessionAtIdp | undefined): Promise<URL> {
  const { signOutRedirectUrl, authenticateUrl } = deps.config.current
  const home = signOutRedirectUrl ?? new URL(signedOutPath, authenticateUrl)
  // Without a session there is nothing to end at the IdP, and no hint for whom.
  if (!ended) return home
  try {
    return (await ended.idp.endSessionUrl(ended.tokens.idToken, home)) ?? home
  } catch (error) {
    if (!(error instanceof PosternError) || error.code !== 'IDP_UNAVAILABLE') throw error
    deps.log.warn({ error }, 'signed out here, but not at the IdP')
    return home
  }
}

async function revoke(ended: readonly SessionAtIdp[]): Promise<void> {
  const late = new AbortController()
  const revoked = Promise.all(ended.map(({ idp, tokens }) => idp.revoke(tokens)))
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
