import type { AuthorizeRoute } from '@postern/shared/config/model.ts'
import type { Session } from '@postern/shared/session/session.ts'
import type { HeaderPair } from '@postern/shared/vocabulary/check.ts'
import { createLru, type Lru } from '../lru.ts'
import { assertionLifetimeMs, type AssertionSigner } from './assertion.ts'
import { claimHeaderValue, claimValues } from './claim-headers.ts'

const assertionHeader = 'x-pomerium-jwt-assertion'
/** An assertion is used again for part of its life; whoever gets it has at least three minutes left. */
const reuseMs = assertionLifetimeMs - 180_000
const maxEntries = 10_000

/** What one person's requests to one route carry, until it has to be made anew. */
interface Prepared {
  readonly jwt: Promise<string>
  readonly headers: Promise<readonly HeaderPair[]>
  readonly untilMs: number
}

type IdentityRoute = Pick<
  AuthorizeRoute,
  'id' | 'passIdentityHeaders' | 'jwtClaimsHeaders' | 'jwtIssuerFormat' | 'groupsClaim'
>

/**
 * The identity headers of pomerium-facts §5: signed once for each session, host and route, and used again for two
 * minutes, so that a request costs no signature.
 */
export class IdentityHeaders {
  readonly #signer: AssertionSigner
  readonly #prepared: Lru<Prepared> = createLru({ maxEntries })

  constructor(signer: AssertionSigner) {
    this.#signer = signer
  }

  /** The headers to set; none on routes that keep the identity to themselves. */
  headers(route: IdentityRoute, session: Session | undefined, host: string, now: Date): Promise<readonly HeaderPair[]> {
    return route.passIdentityHeaders ? this.#prepare(route, session, host, now).headers : none
  }

  /** The assertion alone, for `${pomerium.jwt}`. */
  assertion(route: IdentityRoute, session: Session | undefined, host: string, now: Date): Promise<string> {
    return this.#prepare(route, session, host, now).jwt
  }

  #prepare(route: IdentityRoute, session: Session | undefined, host: string, now: Date): Prepared {
    const nowMs = now.getTime()
    const key = `${session?.handle ?? ''} ${session?.version ?? 0} ${host} ${route.id}`
    const known = this.#prepared.get(key)
    if (known && nowMs < known.untilMs) return known
    const { jwtClaimsHeaders, groupsClaim = 'groups', jwtIssuerFormat: issuerFormat } = route
    const subject = { session, host, claims: Object.values(jwtClaimsHeaders), groupsClaim, issuerFormat }
    const jwt = this.#signer.sign(subject, now)
    const headers = jwt.then((assertion) => [[assertionHeader, assertion] as const, ...claimHeaders(route, session)])
    const prepared = { jwt, headers, untilMs: nowMs + reuseMs }
    this.#prepared.set(key, prepared)
    // A signature that failed is not kept; whoever waits for it hears of the failure.
    headers.catch(() => this.#prepared.delete(key))
    return prepared
  }
}

const none: Promise<readonly HeaderPair[]> = Promise.resolve([])

/** One for each configured claim, empty where the person has no such claim; none where there is no person. */
function claimHeaders({ jwtClaimsHeaders }: IdentityRoute, session: Session | undefined): readonly HeaderPair[] {
  if (!session) return []
  const byName = new Map(Object.entries(jwtClaimsHeaders).map(([name, claim]) => [name.toLowerCase(), claim]))
  return [...byName].map(([name, claim]) => [name, claimHeaderValue(claimValues(session.identity, claim))])
}

/** Every identity header this route could set: whatever a client sent under these names goes. */
export function identityHeaderNames({ jwtClaimsHeaders }: Pick<AuthorizeRoute, 'jwtClaimsHeaders'>): readonly string[] {
  const claims = Object.keys(jwtClaimsHeaders).map((name) => name.toLowerCase())
  return [assertionHeader, 'x-pomerium-jwt-assertion-for', ...claims]
}
