import type { AuthorizeConfig } from '@postern/shared/config/model.ts'
import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import type { SigningKey } from '@postern/shared/jose/signing-key.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import { AssertionSigner } from './answer/assertion.ts'
import { AuthenticateLinks } from './answer/authenticate-links.ts'
import { IdentityHeaders } from './answer/identity-headers.ts'
import { compileRoutes, type CompiledRoute } from './compiled-routes.ts'
import { aboutCheck, type AboutCheck } from './decision-log.ts'

interface Snapshot {
  readonly routes: ReadonlyMap<string, CompiledRoute>
  readonly links: AuthenticateLinks
  readonly identityHeaders: IdentityHeaders
  readonly programRedirectHosts: readonly string[]
  readonly aboutCheck: AboutCheck
}

/** What follows from the configuration, replaced as a whole when that is. Keys and secrets stay as they were at start. */
export class ConfigInForce {
  readonly #key: SigningKey
  readonly #random: RandomBytes
  #snapshot: Snapshot

  /** @throws PosternError `CONFIG_INVALID` when a policy cannot be read. */
  constructor(config: AuthorizeConfig, keys: readonly SigningKey[], random: RandomBytes) {
    const [key] = keys
    if (!key) throw new TypeError('assertions need a signing key')
    this.#key = key
    this.#random = random
    this.#snapshot = this.#prepare(config)
  }

  get routes(): ReadonlyMap<string, CompiledRoute> {
    return this.#snapshot.routes
  }

  get links(): AuthenticateLinks {
    return this.#snapshot.links
  }

  get identityHeaders(): IdentityHeaders {
    return this.#snapshot.identityHeaders
  }

  get programRedirectHosts(): readonly string[] {
    return this.#snapshot.programRedirectHosts
  }

  /** What the decision record says about request and person. */
  get aboutCheck(): AboutCheck {
    return this.#snapshot.aboutCheck
  }

  /** All of the new configuration, or, when a policy cannot be read, none of it. @throws PosternError `CONFIG_INVALID` */
  replace(config: AuthorizeConfig): void {
    this.#snapshot = this.#prepare(config)
  }

  #prepare(config: AuthorizeConfig): Snapshot {
    return {
      aboutCheck: aboutCheck(config.decisionLogFields),
      programRedirectHosts: config.programRedirectHosts ?? [],
      routes: compileRoutes(config),
      links: new AuthenticateLinks(config.authenticateUrl, deriveKey(config.sharedSecret, keyPurposes.signedUrl)),
      identityHeaders: new IdentityHeaders(new AssertionSigner(this.#key, this.#random)),
    }
  }
}
