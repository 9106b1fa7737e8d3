import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { Sealer } from '@postern/shared/crypto/seal.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import type { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { sessionEndMs } from '@postern/shared/session/session-lifetime.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import type { Session, SessionId } from '@postern/shared/session/session.ts'
import type { IdentityProviders, IdpSignIn } from '../idp/identity-provider.ts'
import { clearCookie, ownCookieName, readCookie, setCookie, type OwnCookie } from '../web/browser-cookies.ts'
import type { Context } from '../web/koa.ts'
import { newSession } from './new-session.ts'
import { endSession, findSession } from './session-record.ts'

export interface BrowserSessionsDeps {
  readonly config: Live<AuthenticateConfig>
  readonly sessions: SessionStore
  readonly credentials: SessionCredentials
  readonly tokenSealer: Sealer
  readonly idps: IdentityProviders
  readonly random: RandomBytes
}

export interface SignedIn {
  readonly sessionId: SessionId
  readonly session: Session
}

/** The first live session of this browser, the usual client's before others. */
export async function findSignedIn(
  ctx: Context,
  deps: { readonly browserSessions: BrowserSessions; readonly idps: IdentityProviders },
): Promise<SignedIn | undefined> {
  for (const { id } of deps.idps.all) {
    const found = await deps.browserSessions.find(ctx, id)
    if (found) return found
  }
  return undefined
}

/**
 * The sessions that this browser has on the authenticate host itself: what makes a second route need no second visit to
 * the IdP. One for each client at the IdP, and so mostly just one.
 */
export class BrowserSessions {
  readonly #deps: BrowserSessionsDeps

  constructor(deps: BrowserSessionsDeps) {
    this.#deps = deps
  }

  /**
   * The live session of this browser with this client. A cookie that names none is as good as no cookie, and is cleared. Throws
   * `SESSION_STORE_UNAVAILABLE`, and keeps the cookie, when the store does not say.
   */
  async find(ctx: Context, idpId: string): Promise<SignedIn | undefined> {
    const found = await this.#findRecord(ctx, idpId)
    if (!found) return undefined
    const live = ctx.state.now.getTime() < sessionEndMs(found.session) && found.session.idpId === idpId
    if (!live) this.forget(ctx, idpId)
    return live ? found : undefined
  }

  /** All sessions of this browser. One that is over by the clock counts too: for ending it. */
  async findRecords(ctx: Context): Promise<readonly SignedIn[]> {
    const found = []
    for (const { id } of this.#deps.idps.all) found.push(await this.#findRecord(ctx, id))
    return found.filter((one) => one !== undefined)
  }

  async #findRecord(ctx: Context, idpId: string): Promise<SignedIn | undefined> {
    const value = readCookie(ctx, this.#cookie(idpId).name)
    if (value === undefined) return undefined
    const verdict = await this.#deps.credentials.verify(value, this.#host(), ctx.state.now)
    const session = verdict.kind === 'valid' ? await findSession(this.#deps.sessions, verdict.handle) : undefined
    if (verdict.kind === 'valid' && session) return { sessionId: verdict.sessionId, session }
    this.forget(ctx, idpId)
    return undefined
  }

  /** A new session with a new id, whatever the browser had before; that one ends (SES-01). */
  async begin(ctx: Context, signIn: IdpSignIn, idpId: string): Promise<SignedIn> {
    const former = await this.#findRecord(ctx, idpId)
    if (former) await endSession(this.#deps.sessions, former.session.handle)
    const begun = newSession(signIn, {
      config: this.#deps.config.current,
      idpId,
      tokenSealer: this.#deps.tokenSealer,
      random: this.#deps.random,
      now: ctx.state.now,
    })
    const created = await this.#deps.sessions.create(begun.session)
    if (created.kind !== 'done') {
      const cause = created.kind === 'unavailable' ? created.cause : undefined
      throw new PosternError('SESSION_STORE_UNAVAILABLE', 'the session could not be written', { cause })
    }
    const credential = await this.#deps.credentials.issue({
      sessionId: begun.sessionId,
      host: this.#host(),
      issuedAt: ctx.state.now,
      expiresAt: new Date(begun.session.expiresAtMs),
    })
    setCookie(ctx, this.#cookie(idpId), credential)
    return begun
  }

  /** Clears the cookies that came. The sessions themselves are not touched. */
  forgetAll(ctx: Context): void {
    for (const { id } of this.#deps.idps.all) {
      if (id === this.#deps.idps.usual.id || readCookie(ctx, this.#cookie(id).name) !== undefined) this.forget(ctx, id)
    }
  }

  /** Clears the cookie of one client's session. */
  forget(ctx: Context, idpId: string): void {
    clearCookie(ctx, this.#cookie(idpId))
  }

  #host(): string {
    return this.#deps.config.current.authenticateUrl.host
  }

  #cookie(idpId: string): OwnCookie {
    const { cookie } = this.#deps.config.current
    return {
      name: ownCookieName(cookie, idpId === this.#deps.idps.usual.id ? 'authenticate' : `authenticate_${idpId}`),
      path: '/',
      maxAgeMs: cookie.expireMs,
      sameSite: cookie.sameSite ?? 'lax',
    }
  }
}
