import { hash } from 'node:crypto'
import type { BearerFormat } from '@postern/shared/config/bearer-format.ts'
import type { AuthorizeRoute } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { isFor } from '@postern/shared/jose/token-checks.ts'
import type { Session, SessionHandle } from '@postern/shared/session/session.ts'
import type { CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import type { AccessTokens } from './access-tokens.ts'
import { createLru, type Lru } from '../lru.ts'
import { presentedBearer } from './presented-bearer.ts'
import type { Statement, Verified } from './statement.ts'
import type { SignedFormat, TokenVerifiers } from './token-verifiers.ts'

/** Who a bearer token speaks for, on a route that takes such tokens. */
export type BearerAsker =
  /** None came, or the route takes none: whoever asks is known by a session, or not at all. */
  | { readonly kind: 'none' }
  | { readonly kind: 'session'; readonly session: Session }
  /**
   * 400: a session credential came too. 401, or 403 for access tokens as Pomerium has it: the token is no good; a
   * session would not mend it (security case JWT-16).
   */
  | { readonly kind: 'refused'; readonly status: 400 | 401 | 403; readonly why: string }

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
  readonly #accessTokens: Pick<AccessTokens, 'verify'>
  readonly #known: Lru<Known> = createLru({ maxEntries, weight: { maxWeight, weigh: ({ weight }) => weight } })
  readonly #numbers = new WeakMap<BearerFormat, number>()
  #count = 0

  constructor(verifiers: TokenVerifiers, accessTokens: Pick<AccessTokens, 'verify'>) {
    this.#verifiers = verifiers
    this.#accessTokens = accessTokens
  }

  /** @throws PosternError `IDP_UNAVAILABLE` when nothing can be found out about the token: that is not its fault */
  async find(route: BearerRoute, question: CheckQuestion, when: BearerTerms): Promise<BearerAsker> {
    const { bearer: format } = route
    if (format === undefined) return { kind: 'none' }
    const presented = presentedBearer(question.facts.headers)
    if (presented.kind === 'none') return presented
    const refusal = (why: string): BearerAsker => ({ kind: 'refused', status: statusOfRefusal(format), why })
    if (question.credential !== undefined) return { kind: 'refused', status: 400, why: 'a session credential came too' }
    if (presented.kind === 'malformed') return refusal('malformed')
    const verdict = await this.#verify(format, presented.token, when)
    if (verdict.kind === 'refused') return refusal(verdict.why)
    const { statement } = verdict
    if (!isForRoute(statement, format, route, question.facts)) return refusal('for another audience')
    const session = sessionOf(statement, presented.token, when)
    return session.expiresAtMs > when.now.getTime() ? { kind: 'session', session } : refusal('expired')
  }

  async #verify(format: BearerFormat, token: string, { now, deadlineMs }: BearerTerms): Promise<Verified> {
    if (format.kind === 'idp-access-token') return this.#accessTokens.verify(format.idpId, token, deadlineMs)
    return this.#verifySigned(format, token, now)
  }

  /** What is known of a token for one route is never taken for another's (security case CACHE-05). */
  async #verifySigned(format: SignedFormat, token: string, now: Date): Promise<Verified> {
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

/** When a token is presented. */
export interface BearerTerms {
  readonly now: Date
  /** What is left of the check's deadline. */
  readonly deadlineMs: number
  /** How long a token counts after it was issued, however long its issuer lets it. */
  readonly maxLifetimeMs: number
}

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
    case 'idp-access-token':
      return isFor(audiences, format.audiences)
    case 'jwt':
      return format.issuers.some((one) => one.issuer === issuer && isFor(audiences, one.audiences))
  }
}

/** The token as a session: the same token is the same session everywhere, and ends with it. */
function sessionOf(statement: Statement, token: string, { now, maxLifetimeMs }: BearerTerms): Session {
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

/** RFC 6750 has 401; Pomerium answers 403 to access tokens, and so do we (pomerium-facts §4.10). */
function statusOfRefusal({ kind }: BearerFormat): 401 | 403 {
  return kind === 'idp-access-token' ? 403 : 401
}
