import { hash } from 'node:crypto'
import type { Clock } from '@postern/shared/clock.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { maxPresentedTokenChars } from '@postern/shared/jose/token-shape.ts'
import { createLru, type Lru } from '../lru.ts'
import { refused, type Statement, type Verified } from './statement.ts'

/** A statement as the provider makes it: it need not say how long it holds. */
export type AccessTokenStatement = Omit<Statement, 'expiresAtMs'> & { readonly expiresAtMs: number | undefined }

export type AccessTokenVerdict =
  | { readonly kind: 'valid'; readonly statement: AccessTokenStatement }
  | { readonly kind: 'refused'; readonly why: string }

export interface AccessTokensDeps {
  /**
   * Asks the identity provider, through authenticate.
   * @throws PosternError when there is no answer
   */
  readonly verify: (idpId: string, token: string) => Promise<AccessTokenVerdict>
  readonly clock: Clock
}

/** A token that was revoked is noticed after this long at the latest, if the provider notices it at all. */
const rememberedMs = 60_000
/** A refusal holds no longer than this (security case CACHE-10). */
const refusedMs = 5_000
const maxEntries = 20_000
/** In characters of claims, roughly. */
const maxWeight = 32 * 1024 * 1024
const weightOfTheRest = 1_024
/** Strangers can make us ask about as many tokens as they like; the provider is asked about so many at once. */
const maxRunning = 64
/** What is left of a check's deadline for everything after the answer. */
const marginMs = 100

interface Known {
  readonly verdict: Verified
  readonly untilMs: number
  readonly weight: number
}

/**
 * Access tokens of the identity provider. What one client at one provider learnt about a token is known for that client
 * alone (security case CACHE-05); several checks of one token ask once.
 */
export class AccessTokens {
  readonly #deps: AccessTokensDeps
  readonly #known: Lru<Known> = createLru({ maxEntries, weight: { maxWeight, weigh: ({ weight }) => weight } })
  readonly #running = new Map<string, Promise<Verified>>()

  constructor(deps: AccessTokensDeps) {
    this.#deps = deps
  }

  /**
   * @param deadlineMs when nobody waits for the answer any more, from now; what comes later is for the next check
   * @throws PosternError `IDP_UNAVAILABLE` or what authenticate says, when nothing is known about the token
   */
  async verify(idpId: string, token: string, deadlineMs: number): Promise<Verified> {
    if (token.length > maxPresentedTokenChars) return refused('malformed')
    // The hash has one length, so that no two pairs of client and token make one id (security case CACHE-06).
    const id = `${hash('sha256', token)} ${idpId}`
    const known = this.#known.get(id)
    if (known && this.#now() < known.untilMs) return known.verdict
    return answerWithin(this.#ask(id, idpId, token), deadlineMs - marginMs)
  }

  #ask(id: string, idpId: string, token: string): Promise<Verified> {
    const running = this.#running.get(id)
    if (running) return running
    if (this.#running.size >= maxRunning) {
      return Promise.reject(new PosternError('IDP_UNAVAILABLE', 'too many access tokens are being asked about'))
    }
    const begun = this.#begin(id, idpId, token).finally(() => this.#running.delete(id))
    this.#running.set(id, begun)
    begun.catch(() => undefined) // whoever asked may be gone by now
    return begun
  }

  async #begin(id: string, idpId: string, token: string): Promise<Verified> {
    const answer = await this.#deps.verify(idpId, token)
    const nowMs = this.#now()
    if (answer.kind === 'refused') {
      this.#known.set(id, { verdict: answer, untilMs: nowMs + refusedMs, weight: weightOfTheRest })
      return answer
    }
    const untilMs = nowMs + rememberedMs
    // Of a token that may end at any moment nobody knows more than that it was good just now.
    const { expiresAtMs = untilMs } = answer.statement
    const verdict: Verified = { kind: 'valid', statement: { ...answer.statement, expiresAtMs } }
    const weight = weightOfTheRest + 4 * JSON.stringify(answer.statement.identity).length
    this.#known.set(id, { verdict, untilMs: Math.min(untilMs, expiresAtMs), weight })
    return verdict
  }

  #now(): number {
    return this.#deps.clock.now().getTime()
  }
}

async function answerWithin(answer: Promise<Verified>, waitMs: number): Promise<Verified> {
  const timeout = Promise.withResolvers<never>()
  const late = (): void => timeout.reject(new PosternError('IDP_UNAVAILABLE', 'no word about an access token in time'))
  const timer = setTimeout(late, Math.max(0, waitMs))
  try {
    return await Promise.race([answer, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
