import type { RandomBytes } from '@postern/shared/random.ts'
import type { Sealer } from '@postern/shared/crypto/seal.ts'

/** How long a person may take at the IdP. */
export const flowLifetimeMs = 600_000

/** Addresses longer than this lose their query: the IdP has to carry them back in `state`. */
const maxCarriedChars = 2_048

/** What travels through the IdP, sealed: which attempt this is, and where it leads. */
export interface FlowState {
  readonly flowId: string
  readonly target: URL
  /** Empty when no route's host began: for a program, or a sign-in that the IdP's own page initiated. */
  readonly bindingHash: string
  readonly startedAtMs: number
  /** Which client of ours at the IdP. */
  readonly idpId: string
  /** Set when a program waits for its credential at `target`: the route host it is for. */
  readonly credentialHost: string | undefined
  /** Hosts that sign in together with the target's, each in its turn. */
  readonly rest: ChainRest | undefined
}

/** Where a sign-in to several hosts goes on, and where it ends. */
export interface ChainRest {
  /** Origins, in their order. */
  readonly origins: readonly string[]
  /** `undefined`: at the target of the first host, which is this one's. */
  readonly endsAt: string | undefined
}

/** What a sign-in link asks for. */
export type SignInWish = Pick<FlowState, 'target' | 'bindingHash' | 'idpId' | 'credentialHost' | 'rest'>

/** What stays in this browser, sealed: the secrets of the attempt. */
export interface FlowSecrets {
  readonly nonce: string
  readonly codeVerifier: string
}

export interface NewFlow extends FlowState {
  readonly secrets: FlowSecrets
}

/** One set of secrets per attempt, so that several tabs do not get in each other's way: 256 bits each. */
export function newFlow(wish: SignInWish, now: Date, random: RandomBytes): NewFlow {
  const token = (): string => random(32).toString('base64url')
  return {
    flowId: random(9).toString('base64url'),
    ...wish,
    target: wish.credentialHost === undefined ? carried(wish.target) : wish.target,
    startedAtMs: now.getTime(),
    secrets: { nonce: token(), codeVerifier: token() },
  }
}

/** Seals and opens the two halves of a flow. Neither opens as the other, nor as that of another attempt. */
export class FlowBox {
  readonly #sealer: Sealer

  constructor(sealer: Sealer) {
    this.#sealer = sealer
  }

  sealState(state: FlowState): string {
    const { flowId, target, bindingHash, startedAtMs, idpId, credentialHost, rest } = state
    const content = { flowId, target: target.href, bindingHash, startedAtMs, idpId, credentialHost, rest }
    return this.#sealer.seal(JSON.stringify(content), 'flow-state')
  }

  openState(sealed: string): FlowState | undefined {
    const text = this.#sealer.open(sealed, 'flow-state')
    if (text === undefined) return undefined
    const state = JSON.parse(text) as Omit<FlowState, 'target'> & { readonly target: string } // authentic: we wrote it
    const { credentialHost, rest } = state // absent where there is none
    return { ...state, target: new URL(state.target), credentialHost, rest }
  }

  sealSecrets(flowId: string, secrets: FlowSecrets): string {
    return this.#sealer.seal(JSON.stringify(secrets), `flow-secrets ${flowId}`)
  }

  openSecrets(flowId: string, sealed: string): FlowSecrets | undefined {
    const text = this.#sealer.open(sealed, `flow-secrets ${flowId}`)
    return text === undefined ? undefined : (JSON.parse(text) as FlowSecrets) // authentic: we wrote it
  }
}

function carried(target: URL): URL {
  if (target.href.length <= maxCarriedChars) return target
  const path = new URL(target.pathname, target)
  return path.href.length <= maxCarriedChars ? path : new URL('/', target)
}
