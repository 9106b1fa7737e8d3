import { hash } from 'node:crypto'
import type { BearerFormat } from '@postern/shared/config/bearer-format.ts'
import type { AuthorizeRoute } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { isFor } from '@postern/shared/jose/token-checks.ts'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { createLru, type Lru } from '../lru.ts'
import { presentedBearer } from './presented-bearer.ts'
import type { Statement, Verified } from './statement.ts'
import type { TokenVerifiers } from './token-verifiers.ts'

/** Who a bearer token speaks for, on a route that takes such tokens. */
export type BearerAsker =
  /** None came, or the route takes none: whoever asks is known by a session, or not at all. */
  | { readonly kind: 'none' }
  | { readonly kind: 'session'; readonly session: Session }
  /** 400: a session credential came too. 401: the token is no good; a session would not mend it (security case JWT-16). */
  | { readonly kind: 'refused'; readonly status: 400 | 401; readonly why: string }

const maxEntries = 20_000
/** In characters of tokens, roughly. */
const maxWeight = 32 * 1024 * 1024
const weightOfTheRest = 1_024
/** A key that its issuer withdrew is noticed after this long at the latest. */
const rememberedMs = 300_000

interface Known {
  readonly statement: Statement
  readonly untilMs: number
  readonly weight: number
}

/** Takes bearer tokens in place of sessions. Nothing of them is stored, and nothing that was refused is remembered. */
export class BearerTokens {
  readonly #verifiers: TokenVerifiers
  readonly #known: Lru<Known> = createLru({ maxEntries, weight: { maxWeight, weigh: ({ weight }) => weight } })
  readonly #numbers = new WeakMap<BearerFormat, number>()
  #count = 0

  constructor(verifiers: TokenVerifiers) {
    this.#verifiers = verifiers
  }

  /**
   * @param maxLifetimeMs how long a token counts after it was issued, however long its issuer lets it
   * @throws PosternError `IDP_UNAVAILABLE` when the issuer's keys cannot be had: then nothing is known about the token
   */
  async find(route: BearerRoute, question: CheckQuestion, maxLifetimeMs: number, now: Date): Promise<BearerAsker> {
    const { bearer: format } = route
    if (format === undefined) return { kind: 'none' }
    const presented = presentedBearer(question.facts.headers)
    if (presented.kind === 'none') return presented
    if (question.credential !== undefined) return { kind: 'refused', status: 400, why: 'a session credential came too' }
    if (presented.kind === 'malformed') return refusedBecause('malformed')
    const verdict = await this.#verify(format, presented.token, now)
    if (verdict.kind === 'refused') return refusedBecause(verdict.why)
    const { statement } = verdict
    if (!isForRoute(statement, format, route, question.facts)) return refusedBecause('for another audience')
    const session = sessionOf(statement, presented.token, maxLifetimeMs, now)
    return session.expiresAtMs > now.getTime() ? { kind: 'session', session } : refusedBecause('expired')
  }

  /** What is known of a token for one route is never taken for another's (security case CACHE-05). */
  async #verify(format: BearerFormat, token: string, now: Date): Promise<Verified> {
    const id = `${this.#numberOf(format)} ${hash('sha256', token)}`
    const known = this.#known.get(id)
    if (known && now.getTime() < Math.min(known.untilMs, known.statement.expiresAtMs)) {
      return { kind: 'valid', statement: known.statement }
    }
    const verifier = this.#verifiers.verifierFor(format, token)
    if (!verifier) return { kind: 'refused', why: 'of nobody whom the route trusts' }
    const verdict = await verifyOrRefuse(() => verifier(token, now))
    if (verdict.kind === 'valid') {
      const untilMs = now.getTime() + rememberedMs
      this.#known.set(id, { statement: verdict.statement, untilMs, weight: weightOfTheRest + 4 * token.length })
    }
    return verdict
  }

  /** Every route of every configuration has a format of its own: with it, what was known of its tokens is gone. */
  #numberOf(format: BearerFormat): number {
    const number = this.#numbers.get(format) ?? this.#count++
    this.#numbers.set(format, number)
    return number
  }
}

type BearerRoute = Pick<AuthorizeRoute, 'bearer' | 'from'>

/** Claims beyond all reason are the token's fault. */
async function verifyOrRefuse(verify: () => Promise<Verified>): Promise<Verified> {
  try {
    return await verify()
  } catch (error) {
    if (error instanceof PosternError && error.code === 'IDP_CLAIMS_REFUSED') return { kind: 'refused', why: 'claims' }
    throw error
  }
}

/**
 * A token of Google's is for the URL of the route, or for the very address asked, as schedulers and subscriptions name
 * it when nobody tells them otherwise; for a route with a wildcard it is for one of its hosts.
 */
function isForRoute(
  { issuer, audiences }: Statement,
  format: BearerFormat,
  route: BearerRoute,
  facts: RequestFacts,
): boolean {
  switch (format.kind) {
    case 'google-identity-token': {
      const origin = `${route.from.scheme}://${facts.host}`
      return isFor(audiences, [origin, `${origin}/`, `${origin}${facts.path}`])
    }
    case 'idp-identity-token':
      return isFor(audiences, [format.clientId])
    case 'jwt':
      return format.issuers.some((one) => one.issuer === issuer && isFor(audiences, one.audiences))
  }
}

/** The token as a session: the same token is the same session everywhere, and ends with it. */
function sessionOf(statement: Statement, token: string, maxLifetimeMs: number, now: Date): Session {
  const { issuer, identity, issuedAtMs = now.getTime(), expiresAtMs } = statement
  return {
    handle: hash('sha256', `${issuer}\n${token}`, 'base64url') as SessionHandle,
    version: 1,
    identity,
    issuer,
    idpId: '',
    idpSid: undefined,
    issuedAtMs,
    expiresAtMs: Math.min(expiresAtMs, issuedAtMs + maxLifetimeMs),
    lastUsedAtMs: now.getTime(),
    idleTimeoutMs: 0,
    refreshDueAtMs: undefined,
    sealedTokens: '',
  }
}

function refusedBecause(why: string): BearerAsker {
  return { kind: 'refused', status: 401, why }
}
