import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { Sealer } from '@postern/shared/crypto/seal.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import type { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { sessionEndMs } from '@postern/shared/session/session-lifetime.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import type { Session, SessionId } from '@postern/shared/session/session.ts'
import type { IdentityProvider, IdpSignIn } from '../idp/identity-provider.ts'
import { clearCookie, ownCookieName, readCookie, setCookie, type OwnCookie } from '../web/browser-cookies.ts'
import type { Context } from '../web/koa.ts'
import { newSession } from './new-session.ts'
import { endSession, findSession } from './session-record.ts'

export interface BrowserSessionsDeps {
  readonly config: Live<AuthenticateConfig>
  readonly sessions: SessionStore
  readonly credentials: SessionCredentials
  readonly tokenSealer: Sealer
  readonly idp: () => IdentityProvider
  readonly random: RandomBytes
}

export interface SignedIn {
  readonly sessionId: SessionId
  readonly session: Session
}

/** The session that this browser has on the authenticate host itself: what makes a second route need no second visit to the IdP. */
export class BrowserSessions {
  readonly #deps: BrowserSessionsDeps

  constructor(deps: BrowserSessionsDeps) {
    this.#deps = deps
  }

  /**
   * The live session of this browser. A cookie that names none is as good as no cookie, and is cleared. Throws
   * `SESSION_STORE_UNAVAILABLE`, and keeps the cookie, when the store does not say.
   */
  async find(ctx: Context): Promise<SignedIn | undefined> {
    const found = await this.findRecord(ctx)
    if (!found) return undefined
    const live = ctx.state.now.getTime() < sessionEndMs(found.session) && found.session.idpId === this.#deps.idp().id
    if (!live) this.forget(ctx)
    return live ? found : undefined
  }

  /** As `find`, but a session that is over by the clock counts too: for ending it. */
  async findRecord(ctx: Context): Promise<SignedIn | undefined> {
    const value = readCookie(ctx, this.#cookie().name)
    if (value === undefined) return undefined
    const verdict = await this.#deps.credentials.verify(value, this.#host(), ctx.state.now)
    const session = verdict.kind === 'valid' ? await findSession(this.#deps.sessions, verdict.handle) : undefined
    if (verdict.kind === 'valid' && session) return { sessionId: verdict.sessionId, session }
    this.forget(ctx)
    return undefined
  }

  /** A new session with a new id, whatever the browser had before; that one ends (SES-01). */
  async begin(ctx: Context, signIn: IdpSignIn): Promise<SignedIn> {
    const former = await this.findRecord(ctx)
    if (former) await endSession(this.#deps.sessions, former.session.handle)
    const begun = newSession(signIn, {
      config: this.#deps.config.current,
      idpId: this.#deps.idp().id,
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
    setCookie(ctx, this.#cookie(), credential)
    return begun
  }

  /** Clears the cookie. The session itself is not touched. */
  forget(ctx: Context): void {
    clearCookie(ctx, this.#cookie())
  }

  #host(): string {
    return this.#deps.config.current.authenticateUrl.host
  }

  #cookie(): OwnCookie {
    const { cookie } = this.#deps.config.current
    return {
      name: ownCookieName(cookie, 'authenticate'),
      path: '/',
      maxAgeMs: cookie.expireMs,
      sameSite: cookie.sameSite ?? 'lax',
    }
  }
}
