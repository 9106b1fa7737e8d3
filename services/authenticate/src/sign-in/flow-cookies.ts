import type { CookieConfig } from '@postern/shared/config/model.ts'
import { clearCookie, ownCookieName, readCookie, setCookie, type OwnCookie } from '../web/browser-cookies.ts'
import type { Context } from '../web/koa.ts'
import { flowLifetimeMs, type FlowBox, type FlowSecrets, type NewFlow } from './flow.ts'

/** Sign-ins that one browser may have under way, some 3 kB of cookies. The oldest gives way (SES-20). */
export const maxFlows = 10

/**
 * The secrets of each attempt in a cookie of its own that only the callback sees. Which attempts there are stands in a
 * second cookie, that only the start sees, so that the latest can push out the oldest.
 */
export class FlowCookies {
  readonly #config: () => CookieConfig
  readonly #box: FlowBox
  /** `response_mode=form_post`: the answer is a cross-site POST, which carries no `Lax` cookie. */
  readonly #crossSitePost: () => boolean

  constructor(config: () => CookieConfig, box: FlowBox, crossSitePost: () => boolean) {
    this.#config = config
    this.#box = box
    this.#crossSitePost = crossSitePost
  }

  remember(ctx: Context, flow: NewFlow): void {
    const known = (readCookie(ctx, this.#list().name) ?? '').split('.').filter((id) => /^[\w-]{12}$/.test(id))
    const flows = [...known, flow.flowId]
    for (const dropped of flows.slice(0, -maxFlows)) this.forget(ctx, dropped)
    setCookie(ctx, this.#list(), flows.slice(-maxFlows).join('.'))
    setCookie(ctx, this.#one(flow.flowId), this.#box.sealSecrets(flow.flowId, flow.secrets))
  }

  find(ctx: Context, flowId: string): FlowSecrets | undefined {
    const sealed = readCookie(ctx, this.#one(flowId).name)
    return sealed === undefined ? undefined : this.#box.openSecrets(flowId, sealed)
  }

  forget(ctx: Context, flowId: string): void {
    clearCookie(ctx, this.#one(flowId))
  }

  #one(flowId: string): OwnCookie {
    return {
      name: ownCookieName(this.#config(), `flow_${flowId}`),
      path: '/oauth2/callback',
      maxAgeMs: flowLifetimeMs,
      // Never `Strict`: the IdP's redirect back is a cross-site navigation.
      sameSite: this.#crossSitePost() ? 'none' : 'lax',
    }
  }

  #list(): OwnCookie {
    const name = ownCookieName(this.#config(), 'flows')
    return { name, path: '/.pomerium/sign_in', maxAgeMs: flowLifetimeMs, sameSite: 'lax' }
  }
}
