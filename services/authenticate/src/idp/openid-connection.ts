import {
  ClientSecretBasic,
  ClientSecretPost,
  clockSkew,
  clockTolerance,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  setJwksCache,
  type ClientAuth,
} from 'openid-client'
import type { Clock } from '@postern/shared/clock.ts'
import type { IdpConfig } from '@postern/shared/config/model.ts'
import { uncounted, type IdpEndpoint } from '../metrics.ts'
import { boundedFetch, idpTimeoutMs, maxIdpAnswerBytes, type Fetch } from './bounded-fetch.ts'
import { isObject } from './claims.ts'
import { countedFetch, endpointIn, type CountedFetchDeps } from './counted-fetch.ts'
import { clockToleranceSeconds } from './id-token-checks.ts'
import { IdpError, isInvalidClient } from './idp-error.ts'
import { insecureLoopback } from './loopback.ts'
import { RemoteDocument } from '@postern/shared/http/remote-document.ts'

const hourMs = 3_600_000
const wellKnown = '/.well-known/openid-configuration'

/** The age at which openid-client reads the key set anew when it meets an unknown key id, and no sooner, in seconds. */
const impatientAgeSeconds = 60

export interface OpenidConnectionDeps {
  readonly clock: Clock
  readonly send?: typeof fetch
  /** Left out: nothing is counted. */
  readonly metrics?: CountedFetchDeps['metrics']
}

/**
 * What openid-client needs to talk to one IdP, made anew for every use from two documents that we keep ourselves: it
 * would otherwise wait a minute after a key rotation, and ask for the key set at every unknown key.
 */
export class OpenidConnection {
  readonly #config: IdpConfig
  readonly #clock: Clock
  readonly #bounded: Fetch
  readonly #discovery: RemoteDocument
  readonly #keySet: RemoteDocument
  #preferredAuth: 'post' | 'basic' | undefined

  constructor(config: IdpConfig, deps: OpenidConnectionDeps) {
    this.#config = config
    this.#clock = deps.clock
    const bounded = boundedFetch({ timeoutMs: idpTimeoutMs, maxBytes: maxIdpAnswerBytes }, deps.send)
    const { clock, metrics = uncounted() } = deps
    this.#bounded = countedFetch(bounded, (url) => this.#endpointOf(url), { metrics, clock })
    this.#discovery = new RemoteDocument({
      fetch: () => this.#fetchDiscovery(),
      freshMs: hourMs,
      maxStaleMs: Number.POSITIVE_INFINITY,
      clock,
    })
    this.#keySet = new RemoteDocument({
      fetch: () => this.#fetchKeySet(),
      freshMs: hourMs / 12,
      maxStaleMs: 24 * hourMs,
      clock,
    })
  }

  /** A ready configuration. Throws `IDP_UNAVAILABLE` when discovery fails and no copy is there. */
  async configuration(auth?: ClientAuth): Promise<Configuration> {
    await this.#discovery.read()
    return this.#configure(this.#fetch, auth ?? this.#clientAuths()[0])
  }

  /** The IdP's keys: `known` as last read, `anew` after somebody met one that is not among them. */
  async keySet(which: 'known' | 'anew'): Promise<string> {
    await this.#discovery.read()
    return which === 'known' ? this.#keySet.read() : this.#keySet.readAnew()
  }

  /** How old the keys in use are; `undefined` while there are none. */
  get keySetAgeMs(): number | undefined {
    return this.#keySet.ageMs
  }

  /** Whether the IdP says where its own session ends, as far as it has been asked. */
  get hasEndSession(): boolean {
    return typeof this.#metadata()['end_session_endpoint'] === 'string'
  }

  /** Whether the IdP speaks for several organisations, each with an issuer of its own: Entra ID's `common`. */
  get isForManyTenants(): boolean {
    const { issuer } = this.#metadata()
    return typeof issuer === 'string' && issuer.includes('{tenantid}')
  }

  /**
   * Calls a token endpoint. Some providers want the secret in the body and some in a header, whatever their metadata
   * says: a refusal of our credentials is tried once the other way (such a refusal uses up neither code nor token).
   */
  async authenticated<T>(call: (configuration: Configuration) => Promise<T>): Promise<T> {
    const [first, second] = this.#clientAuths()
    try {
      return await call(await this.configuration(first))
    } catch (error) {
      if (!second || !isInvalidClient(error)) throw error
      const result = await call(await this.configuration(second))
      this.#preferredAuth = this.#preferredAuth === 'basic' ? 'post' : 'basic'
      return result
    }
  }

  readonly #fetch: Fetch = async (url, options) => {
    if (url.endsWith(wellKnown)) return json(await this.#discovery.read())
    if (url === this.#metadata()['jwks_uri']) return json(await this.#keySet.readAnew())
    return this.#bounded(url, options)
  }

  #endpointOf(url: string): IdpEndpoint {
    return url.endsWith(wellKnown) ? 'discovery' : endpointIn(this.#metadata(), url)
  }

  async #configure(send: Fetch, auth: ClientAuth | undefined): Promise<Configuration> {
    const skewSeconds = Math.round((this.#clock.now().getTime() - Date.now()) / 1_000)
    const configuration = await discovery(
      this.#config.issuer,
      this.#config.clientId,
      {
        ...(this.#config.clientSecret ? { client_secret: this.#config.clientSecret.reveal() } : {}),
        [clockSkew]: skewSeconds,
        [clockTolerance]: clockToleranceSeconds,
      },
      auth,
      {
        [customFetch]: (url, options) => send(url, options),
        // Our fetch ends first; this is the second line.
        timeout: (2 * idpTimeoutMs) / 1_000,
        execute: insecureLoopback(this.#config.issuer),
      },
    )
    // Without this openid-client verifies no signature in the code flow (OIDC-01).
    enableNonRepudiationChecks(configuration)
    this.#lendKeySet(configuration)
    return configuration
  }

  #lendKeySet(configuration: Configuration): void {
    const text = this.#keySet.lastGood
    if (text === undefined || !this.#keySet.isFresh) return
    const uat = Math.floor(Date.now() / 1_000) - impatientAgeSeconds
    const jwks = JSON.parse(text) as Parameters<typeof setJwksCache>[1]['jwks']
    setJwksCache(configuration, { jwks, uat })
  }

  async #fetchDiscovery(): Promise<string> {
    let text = ''
    const keepText: Fetch = async (url, options) => {
      const response = await this.#bounded(url, options)
      text = await response.text()
      return new Response(text, { status: response.status, headers: response.headers })
    }
    try {
      // openid-client checks issuer and shape; a document that fails never replaces a good one (OIDC-17).
      await this.#configure(keepText, None())
      return text
    } catch (cause) {
      // Whatever is wrong with it: nobody can sign in now, and everybody may be able to in a minute.
      throw new IdpError('IDP_UNAVAILABLE', 'the discovery document cannot be used', { cause })
    }
  }

  async #fetchKeySet(): Promise<string> {
    const url = this.#metadata()['jwks_uri']
    if (typeof url !== 'string') throw new TypeError('the IdP names no jwks_uri')
    const response = await this.#bounded(url, {
      method: 'GET',
      headers: { accept: 'application/json' },
      redirect: 'manual',
    })
    const text = await response.text()
    const document: unknown = response.status === 200 ? JSON.parse(text) : undefined
    if (!isObject(document) || !Array.isArray(document['keys']) || !document['keys'].every(isObject)) {
      throw new TypeError('the key set is not one')
    }
    return text
  }

  #clientAuths(): readonly ClientAuth[] {
    if (!this.#config.clientSecret) return [None()]
    const listed = this.#metadata()['token_endpoint_auth_methods_supported']
    const wantsPost = Array.isArray(listed) && listed.includes('client_secret_post')
    this.#preferredAuth ??= wantsPost ? 'post' : 'basic'
    const both = [ClientSecretPost(), ClientSecretBasic()]
    return this.#preferredAuth === 'post' ? both : both.reverse()
  }

  #metadata(): Record<string, unknown> {
    const document: unknown = JSON.parse(this.#discovery.lastGood ?? '{}')
    return isObject(document) ? document : {}
  }
}

function json(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'application/json' } })
}
