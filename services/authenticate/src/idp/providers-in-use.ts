import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { AuthenticateConfig, IdpConfig } from '@postern/shared/config/model.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { IdentityProvider, IdentityProviders } from './identity-provider.ts'
import { OpenidProvider, type OpenidProviderDeps } from './openid-provider.ts'
import { GithubProvider } from './providers/github.ts'

const firstPauseMs = 1_000
const maxPauseMs = 60_000

export type ProvidersInUseDeps = Pick<OpenidProviderDeps, 'clock' | 'log' | 'metrics'>

interface InUse {
  readonly provider: IdentityProvider
  /** All that the provider was made from. */
  readonly madeFrom: unknown
  readonly connecting: AbortController
}

/**
 * The clients at the identity provider that the configuration names, each made anew when its part of the configuration
 * changes. The service starts without them: until the IdP answers, sign-ins get a 503 page, and the log says so (REL-D1).
 */
export class ProvidersInUse implements IdentityProviders, Disposable {
  readonly #deps: ProvidersInUseDeps
  readonly #subscription: Disposable
  #inUse: readonly InUse[]

  constructor(config: Live<AuthenticateConfig>, deps: ProvidersInUseDeps) {
    this.#deps = deps
    this.#inUse = this.#open(config.current, [])
    this.#subscription = config.subscribe((changed) => {
      const former = this.#inUse
      this.#inUse = this.#open(changed, former)
      for (const one of former) if (!this.#inUse.includes(one)) one.connecting.abort()
    })
  }

  get usual(): IdentityProvider {
    const [first] = this.#inUse
    if (!first) throw new TypeError('there always is a usual one')
    return first.provider
  }

  get all(): readonly IdentityProvider[] {
    return this.#inUse.map(({ provider }) => provider)
  }

  /** The age of the oldest keys by which ID tokens are verified; `undefined` while none are known. */
  get oldestKeySetMs(): number | undefined {
    const ages = this.all.flatMap(({ keySetAgeMs }) => keySetAgeMs ?? [])
    return ages.length === 0 ? undefined : Math.max(...ages)
  }

  find(id: string): IdentityProvider | undefined {
    return this.#inUse.find(({ provider }) => provider.id === id)?.provider
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
    for (const { connecting } of this.#inUse) connecting.abort()
  }

  #open(config: AuthenticateConfig, former: readonly InUse[]): readonly InUse[] {
    return [config.idp, ...(config.routeIdps ?? [])].map((idp) => {
      const madeFrom = everythingOf(idp, config.authenticateUrl)
      return former.find((one) => isDeepStrictEqual(one.madeFrom, madeFrom)) ?? this.#make(idp, config, madeFrom)
    })
  }

  #make(idp: IdpConfig, { authenticateUrl }: AuthenticateConfig, madeFrom: unknown): InUse {
    const callback = new URL('/oauth2/callback', authenticateUrl)
    const Provider = idp.provider === 'github' ? GithubProvider : OpenidProvider
    const provider = new Provider(idp, callback, this.#deps)
    const connecting = new AbortController()
    void this.#connect(provider, idp, connecting.signal)
    return { provider, madeFrom, connecting }
  }

  /** Reads what the IdP says about itself before anybody needs it, for as long as it takes. */
  async #connect(provider: IdentityProvider, idp: IdpConfig, signal: AbortSignal): Promise<void> {
    const fields = { idp: provider.id, issuer: idp.issuer.href }
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

function everythingOf(idp: IdpConfig, authenticateUrl: URL): unknown {
  return {
    ...idp,
    issuer: idp.issuer.href,
    clientSecret: idp.clientSecret?.reveal(),
    authenticateUrl: authenticateUrl.href,
  }
}
