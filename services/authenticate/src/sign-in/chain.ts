import type { Sealer } from '@postern/shared/crypto/seal.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { flowLifetimeMs, type ChainRest, type SignInWish } from './flow.ts'

const purpose = 'sign-in chain'

/** Seals what is left of a sign-in to several hosts, for its way through the browser. */
export class ChainBox {
  readonly #sealer: Sealer

  constructor(sealer: Sealer) {
    this.#sealer = sealer
  }

  seal(rest: ChainRest, now: Date): string {
    return this.#sealer.seal(JSON.stringify({ ...rest, expiresAtMs: now.getTime() + flowLifetimeMs }), purpose)
  }

  /** `undefined` for what was not sealed here, or too long ago. */
  open(sealed: string, now: Date): ChainRest | undefined {
    const text = this.#sealer.open(sealed, purpose)
    if (text === undefined) return undefined
    // authentic: `seal` wrote it
    const { origins, endsAt, expiresAtMs } = JSON.parse(text) as ChainRest & { readonly expiresAtMs: number }
    return now.getTime() < expiresAtMs ? { origins, endsAt } : undefined
  }

  /**
   * Where the browser goes when the target's host has its cookie; `undefined`: to the target. Every host makes a link of
   * its own, bound to this browser by a cookie of its own, so that nobody can be signed in there by somebody else.
   */
  continueAt({ target, rest }: Pick<SignInWish, 'target' | 'rest'>, now: Date): string | undefined {
    if (!rest) return undefined
    const endsAt = rest.endsAt ?? target.href
    const [next, ...origins] = rest.origins
    if (next === undefined) return endsAt
    const url = new URL('/.pomerium/continue', next)
    url.searchParams.set(queryParameters.chain, this.seal({ origins, endsAt }, now))
    return url.href
  }
}
