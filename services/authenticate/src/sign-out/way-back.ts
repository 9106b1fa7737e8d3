import type { CookieConfig } from '@postern/shared/config/model.ts'
import type { Sealer } from '@postern/shared/crypto/seal.ts'
import { clearCookie, ownCookieName, readCookie, setCookie, type OwnCookie } from '../web/browser-cookies.ts'
import type { Context } from '../web/koa.ts'

const purpose = 'signed out'
/** Long enough for the IdP to ask whether its session shall end too. */
const lifetimeMs = 600_000

/** What the page at the end of signing out has to say. */
export interface WayBack {
  /** Where the person came from, on a route's host; checked anew before it is shown. */
  readonly returnUrl?: string | undefined
  /** The IdP has no way to end its session. */
  readonly idpKept: boolean
}

/**
 * Remembers, while the browser is at the IdP, where it goes on from the signed-out page. In a sealed cookie that only
 * that page sees: the IdP leads back to one registered address, which can carry nothing.
 */
export class WayBackCookie {
  readonly #config: () => CookieConfig
  readonly #sealer: Sealer

  constructor(config: () => CookieConfig, sealer: Sealer) {
    this.#config = config
    this.#sealer = sealer
  }

  remember(ctx: Context, way: WayBack): void {
    const expiresAtMs = ctx.state.now.getTime() + lifetimeMs
    setCookie(ctx, this.#cookie(), this.#sealer.seal(JSON.stringify({ ...way, expiresAtMs }), purpose))
  }

  /** A reloaded page says the same again; `undefined` for what is too old, or was not sealed here. */
  find(ctx: Context): WayBack | undefined {
    const sealed = readCookie(ctx, this.#cookie().name)
    const text = sealed === undefined ? undefined : this.#sealer.open(sealed, purpose)
    if (text === undefined) return undefined
    // authentic: `remember` wrote it
    const { expiresAtMs, ...way } = JSON.parse(text) as WayBack & { readonly expiresAtMs: number }
    return ctx.state.now.getTime() < expiresAtMs ? way : undefined
  }

  forget(ctx: Context): void {
    clearCookie(ctx, this.#cookie())
  }

  #cookie(): OwnCookie {
    const name = ownCookieName(this.#config(), 'signed_out')
    // `lax`: the IdP's redirect back is a cross-site navigation.
    return { name, path: '/.pomerium/signed_out', maxAgeMs: lifetimeMs, sameSite: 'lax' }
  }
}
