import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '@postern/shared/clock.ts'
import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { OpenidProvider } from './openid-provider.ts'
import { GithubProvider } from './providers/github.ts'

const firstPauseMs = 1_000
const maxPauseMs = 60_000

/**
 * The identity provider of the configuration, made anew when that part of the configuration changes. The service starts
 * without it: until it answers, sign-ins get a 503 page, and the log says so (REL-D1).
 */
export class ProviderInUse implements Disposable {
  readonly #deps: { readonly clock: Clock; readonly log: Logger }
  readonly #subscription: Disposable
  #config: AuthenticateConfig
  #provider: IdentityProvider
  #connecting = new AbortController()

  constructor(config: Live<AuthenticateConfig>, deps: { readonly clock: Clock; readonly log: Logger }) {
    this.#deps = deps
    this.#config = config.current
    this.#provider = this.#open()
    this.#subscription = config.subscribe((changed) => this.#reload(changed))
  }

  get current(): IdentityProvider {
    return this.#provider
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
    this.#connecting.abort()
  }

  #reload(changed: AuthenticateConfig): void {
    const same = isDeepStrictEqual(identityOf(changed), identityOf(this.#config))
    this.#config = changed
    if (!same) this.#provider = this.#open()
  }

  #open(): IdentityProvider {
    this.#connecting.abort()
    this.#connecting = new AbortController()
    const callback = new URL('/oauth2/callback', this.#config.authenticateUrl)
    const Provider = this.#config.idp.provider === 'github' ? GithubProvider : OpenidProvider
    const provider = new Provider(this.#config.idp, callback, this.#deps)
    void this.#connect(provider, this.#connecting.signal)
    return provider
  }

  /** Reads what the IdP says about itself before anybody needs it, for as long as it takes. */
  async #connect(provider: IdentityProvider, signal: AbortSignal): Promise<void> {
    const fields = { idp: provider.id, issuer: this.#config.idp.issuer.href }
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(maxPauseMs, 2 * pauseMs)) {
      try {
        await provider.connect()
        this.#deps.log.info(fields, 'the identity provider answers')
        return
      } catch (error) {
        this.#deps.log.warn({ ...fields, error }, 'the identity provider does not answer yet: nobody can sign in')
      }
      await wait(pauseMs, undefined, { ref: false, signal }).catch(() => undefined)
    }
  }
}

function identityOf({ idp, authenticateUrl }: AuthenticateConfig): unknown {
  return {
    ...idp,
    issuer: idp.issuer.href,
    clientSecret: idp.clientSecret?.reveal(),
    authenticateUrl: authenticateUrl.href,
  }
}
