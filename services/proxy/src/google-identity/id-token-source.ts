import { systemClock, type Clock } from '@postern/shared/clock.ts'
import type { GoogleCredential } from '@postern/shared/config/model.ts'
import { AudienceToken, type MintListener } from '@postern/shared/google-identity/audience-token.ts'
import type { IdTokenMinter } from '@postern/shared/google-identity/id-token-minter.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { Secret } from '@postern/shared/secret.ts'
import { uncounted, type ProxyMetrics } from '../metrics.ts'
import { ambientMinter, minterFor, type GoogleFetch } from './google-minters.ts'
import { parseCredential } from '@postern/shared/google-identity/parse-credential.ts'

/** Google-signed ID tokens for upstreams: from memory nearly always. */
export interface IdTokenSource extends AsyncDisposable {
  /**
   * A token that is good for at least thirty seconds more.
   * @throws PosternError TOKEN_MINT_FAILED (try again later), TOKEN_MINT_FORBIDDEN (an operator must act)
   */
  idToken(audience: string): Promise<string>
  /** The upstream refused this token: do not hand it out again. At most one forced renewal in fifteen seconds. */
  invalidate(audience: string, token: string): void
  /** Fetches ahead, a few at a time, without anybody waiting. A failure is logged and met again on first use. */
  warm(audiences: readonly string[]): void
}

export interface IdTokenSourceDeps {
  readonly log: Logger
  readonly clock?: Clock
  /** Left out: nothing is counted. */
  readonly metrics?: Pick<ProxyMetrics, 'expectMints' | 'minted' | 'show'>
  /** gcloud's `application_default_credentials.json`, where no metadata server answers. For development only. */
  readonly gcloudCredential?: Secret
  /** The seam for tests: replaces the network of all credentials but the metadata server. */
  readonly fetch?: GoogleFetch
}

/** Audiences come from the configuration alone; the bound holds if that ever changes. */
const maxAudiences = 1000
const warmedAtOnce = 4

/** @throws PosternError CONFIG_INVALID when the credential's JSON is no good; the network is not touched yet. */
export function openIdTokenSource(credential: GoogleCredential, deps: IdTokenSourceDeps): IdTokenSource {
  const minter = minterOf(credential, deps)
  if (minter.warning !== undefined) deps.log.warn({ credential: minter.name }, minter.warning)
  return new CachedIdTokenSource(minter, deps.log, deps.clock ?? systemClock, deps.metrics)
}

/** What mints with this credential. @throws PosternError CONFIG_INVALID when the credential's JSON is no good */
export function minterOf(
  credential: GoogleCredential,
  { gcloudCredential, fetch }: Pick<IdTokenSourceDeps, 'gcloudCredential' | 'fetch'>,
): IdTokenMinter {
  return credential.kind === 'json'
    ? minterFor(parseCredential(credential.json), fetch)
    : ambientMinter(gcloudCredential && parseCredential(gcloudCredential), fetch)
}

/** One `AudienceToken` for each audience, the least recently used ones forgotten. */
export class CachedIdTokenSource implements IdTokenSource {
  readonly #minter: IdTokenMinter
  readonly #log: Logger
  readonly #clock: Clock
  readonly #tokens = new Map<string, AudienceToken>()
  readonly #metrics: Pick<ProxyMetrics, 'expectMints' | 'minted' | 'show'>
  readonly #shown = new DisposableStack()
  #open = true

  constructor(
    minter: IdTokenMinter,
    log: Logger,
    clock: Clock,
    metrics: Pick<ProxyMetrics, 'expectMints' | 'minted' | 'show'> = uncounted(),
  ) {
    this.#minter = minter
    this.#log = log
    this.#clock = clock
    this.#metrics = metrics
    const lifetimes = () => this.#lifetimesMs()
    const shortest = () => lifetimes().reduce<number | undefined>((least, ms) => Math.min(least ?? ms, ms), undefined)
    this.#shown.use(metrics.show('postern_proxy_google_tokens_cached', () => lifetimes().length))
    this.#shown.use(metrics.show('postern_proxy_google_token_lifetime_seconds', () => inSeconds(shortest())))
  }

  idToken(audience: string): Promise<string> {
    return this.#tokenFor(audience).take()
  }

  invalidate(audience: string, token: string): void {
    this.#tokens.get(audience)?.refuse(token)
  }

  warm(audiences: readonly string[]): void {
    const waiting = [...new Set(audiences)]
    for (const audience of waiting) this.#metrics.expectMints(audience)
    const fetchNext = async (): Promise<void> => {
      for (let audience = waiting.shift(); audience !== undefined && this.#open; audience = waiting.shift()) {
        await this.idToken(audience).catch(() => undefined) // logged where it failed
      }
    }
    for (let worker = 0; worker < warmedAtOnce; worker += 1) void fetchNext()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#open = false
    this.#shown[Symbol.dispose]()
    this.#tokens.clear()
    return Promise.resolve()
  }

  #newToken(audience: string): AudienceToken {
    const minted: MintListener = (ms, error) => this.#metrics.minted(audience, ms, error)
    return new AudienceToken(audience, this.#minter, this.#log, this.#clock, minted)
  }

  /** What is left to each token in memory that is still good. */
  #lifetimesMs(): number[] {
    const now = this.#clock.now().getTime()
    return [...this.#tokens.values()].map(({ expiresAtMs = 0 }) => expiresAtMs - now).filter((ms) => ms > 0)
  }

  #tokenFor(audience: string): AudienceToken {
    const token = this.#tokens.get(audience) ?? this.#newToken(audience)
    this.#tokens.delete(audience) // a Map keeps insertion order: the first is the least recently used
    this.#tokens.set(audience, token)
    if (this.#tokens.size > maxAudiences) {
      for (const oldest of this.#tokens.keys()) {
        this.#tokens.delete(oldest)
        break
      }
    }
    return token
  }
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
