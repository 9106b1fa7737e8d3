import type { Clock } from '../clock.ts'
import type { PosternError } from '../errors/postern-error.ts'
import type { Logger } from '../log/logger.ts'
import { checkToken, minRemainingMs, type IdToken } from './check-token.ts'
import { within } from './deadline.ts'
import { mintError, UnusableTokenError } from './google-answer.ts'
import type { IdTokenMinter } from './id-token-minter.ts'

/**
 * Renewal starts this long before the end. Not earlier: the metadata server hands out the same token until five
 * minutes before its end.
 */
const renewAheadMs = 240_000
/** After a success that brought no longer life, and after a refusal by the upstream. */
const pauseMs = 15_000
const firstBackoffMs = 1000
const maxBackoffMs = 30_000

/** Hears of every time Google was asked: how long it took, and what was wrong where no token came. */
export type MintListener = (ms: number, error?: PosternError) => void

interface HeldToken extends IdToken {
  readonly mintedAtMs: number
}

/**
 * The token of one audience. However many callers: one request to Google at a time, and none while a failure is
 * backed off. A token is handed out until thirty seconds before its real end, whether or not renewing it works.
 * Nothing runs on a timer: where CPU is only given during requests, requests drive it.
 */
export class AudienceToken {
  readonly #audience: string
  readonly #minter: IdTokenMinter
  readonly #log: Logger
  readonly #clock: Clock
  readonly #minted: MintListener
  #held: HeldToken | undefined
  #flight: Promise<string> | undefined
  #failure: PosternError | undefined
  #failures = 0
  #nextAttemptMs = 0

  constructor(
    audience: string,
    minter: IdTokenMinter,
    log: Logger,
    clock: Clock,
    minted: MintListener = () => undefined,
  ) {
    this.#audience = audience
    this.#minter = minter
    this.#log = log
    this.#clock = clock
    this.#minted = minted
  }

  /** When the token in memory ends; `undefined` while there is none. */
  get expiresAtMs(): number | undefined {
    return this.#held?.expiresAtMs
  }

  async take(): Promise<string> {
    const nowMs = this.#nowMs()
    const held = this.#held
    if (held !== undefined && isUsable(held, nowMs)) {
      const dueForRenewal = held.expiresAtMs - nowMs <= renewAheadMs && this.#mayAsk(nowMs)
      if (dueForRenewal) void this.#fetch().catch(() => undefined) // the caller has a good token; the failure is logged
      return held.text
    }
    if (this.#flight === undefined && this.#failure !== undefined && !this.#mayAsk(nowMs)) throw this.#failure
    return this.#fetch()
  }

  refuse(token: string): void {
    const held = this.#held
    if (held?.text !== token) return
    const youngerThanPause = Math.abs(this.#nowMs() - held.mintedAtMs) < pauseMs
    if (!youngerThanPause) this.#held = undefined // a token this fresh would only be replaced by its twin
  }

  #fetch(): Promise<string> {
    this.#flight ??= this.#mint().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #mint(): Promise<string> {
    const askedAt = performance.now()
    try {
      const token = await within(this.#minter.timeoutMs, this.#usableToken())
      const nowMs = this.#nowMs()
      this.#held = { ...token, mintedAtMs: nowMs }
      this.#failure = undefined
      this.#failures = 0
      this.#nextAttemptMs = nowMs + pauseMs
      this.#minted(performance.now() - askedAt)
      this.#log.debug({ audience: this.#audience, expiresAt: new Date(token.expiresAtMs) }, 'ID token minted')
      return token.text
    } catch (error) {
      this.#failure = mintError(this.#minter, this.#audience, error)
      this.#nextAttemptMs = this.#nowMs() + Math.min(firstBackoffMs * 2 ** this.#failures, maxBackoffMs)
      this.#failures += 1
      this.#minted(performance.now() - askedAt, this.#failure)
      this.#log.warn({ audience: this.#audience, error: this.#failure }, 'no ID token could be minted')
      throw this.#failure
    }
  }

  /** An answer that is no usable token is asked for once more; an error is not (the library has retried already). */
  async #usableToken(): Promise<IdToken> {
    const audiences = [
      this.#audience,
      ...(this.#minter.fixedAudience === undefined ? [] : [this.#minter.fixedAudience]),
    ]
    const ask = async () => checkToken(await this.#minter.mint(this.#audience), audiences, this.#nowMs())
    try {
      return await ask()
    } catch (error) {
      if (error instanceof UnusableTokenError) return ask()
      throw error
    }
  }

  /** A pause longer than the longest means that the clock was set back. */
  #mayAsk(nowMs: number): boolean {
    return nowMs >= this.#nextAttemptMs || this.#nextAttemptMs - nowMs > maxBackoffMs
  }

  #nowMs(): number {
    return this.#clock.now().getTime()
  }
}

/** A clock that was set back since the token came cannot tell when it ends. */
function isUsable(token: HeldToken, nowMs: number): boolean {
  return token.expiresAtMs - nowMs > minRemainingMs && nowMs >= token.mintedAtMs - minRemainingMs
}
