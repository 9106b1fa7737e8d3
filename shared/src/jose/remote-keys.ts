import type { Clock } from '../clock.ts'
import { PosternError } from '../errors/postern-error.ts'
import { fetchText } from '../http/fetch-text.ts'
import { RemoteDocument } from '../http/remote-document.ts'
import { verifyByKeySet, type VerifiedStatement } from './key-set.ts'
import { maxPresentedTokenChars } from './token-shape.ts'

const hourMs = 3_600_000
/** Shorter than the deadline of a check. */
const timeoutMs = 2_000
const maxBytes = 262_144

export interface RemoteKeysDeps {
  readonly clock: Clock
  /** The seam for tests; left out: the platform's. */
  readonly send?: typeof fetch
}

/**
 * The published keys of one issuer: read when first needed, again every hour and when a token names a key that is not
 * among them, but never more often than `RemoteDocument` lets anybody ask (security case JWT-04). The last good set
 * stays in use for a day while its address does not answer.
 */
export class RemoteKeys {
  readonly #document: RemoteDocument
  readonly #name: string

  /** `locate`: where the key set is; may have to ask the issuer. */
  constructor(name: string, locate: () => URL | Promise<URL>, deps: RemoteKeysDeps) {
    const { clock, send } = deps
    this.#name = name
    this.#document = new RemoteDocument({
      fetch: async () => {
        const text = await fetchText(await locate(), { timeoutMs, maxBytes, ...(send ? { send } : {}) })
        return checkKeySet(text)
      },
      freshMs: hourMs,
      maxStaleMs: 24 * hourMs,
      clock,
    })
  }

  /**
   * Verifies the signature and nothing else.
   * @throws PosternError `IDP_UNAVAILABLE` when there are no keys to verify with: that is not the token's fault
   */
  async verify(token: string, algorithms: readonly string[]): Promise<VerifiedStatement> {
    const jwks = await this.#read(() => this.#document.read())
    const options = { algorithms, maxChars: maxPresentedTokenChars }
    const verdict = await verifyByKeySet(token, { jwks, ...options })
    if (verdict.kind === 'valid' || verdict.why !== 'unknown-key') return verdict
    const again = await this.#read(() => this.#document.readAnew())
    return again === jwks ? verdict : verifyByKeySet(token, { jwks: again, ...options })
  }

  async #read(read: () => Promise<string>): Promise<string> {
    try {
      return await read()
    } catch (cause) {
      throw new PosternError('IDP_UNAVAILABLE', `the keys of ${this.#name} cannot be had`, { cause })
    }
  }
}

/**
 * Where an issuer says that its keys are (OpenID Connect Discovery 1.0, 4).
 * @throws whatever went wrong, also for a document of another issuer
 */
export async function discoverKeySet(issuer: string, send?: typeof fetch): Promise<URL> {
  const address = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const text = await fetchText(address, { timeoutMs, maxBytes, ...(send ? { send } : {}) })
  const document = JSON.parse(text) as Readonly<Record<string, unknown>> | null
  const named = document?.['issuer']
  if (named !== issuer && named !== `${issuer}/`) throw new TypeError('the discovery document is of another issuer')
  const url = document?.['jwks_uri']
  if (typeof url !== 'string') throw new TypeError('the discovery document names no jwks_uri')
  return new URL(url)
}

function checkKeySet(text: string): string {
  const document = JSON.parse(text) as Readonly<Record<string, unknown>> | null
  if (!Array.isArray(document?.['keys'])) throw new TypeError('the key set is not one')
  return text
}
