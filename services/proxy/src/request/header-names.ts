import type { RequestRules } from '@postern/shared/config/route-options.ts'

/**
 * What becomes of a client's header:
 * `forward` reaches the upstream; `drop` does not; `refuse` ends the request; all others are read by the proxy itself.
 */
export type HeaderUse =
  | 'forward'
  | 'drop'
  | 'refuse'
  | 'host'
  | 'content-length'
  | 'transfer-encoding'
  | 'connection'
  | 'cookie'
  | 'authorization'
  | 'credential'
  | 'expect'
  | 'te'
  | 'upgrade'
  | 'forwarded-for'
  | 'request-id'
  | 'hops'

export interface HeaderName {
  /** As the client wrote it. */
  readonly sent: string
  readonly lower: string
  /** Lower case, every character that is no letter or digit as `-`: how some upstreams read names (HDR-04). */
  readonly folded: string
  readonly use: HeaderUse
}

/** Counts how often a request went through this deployment; ours alone. */
export const hopsHeader = 'x-postern-hops'

const readByProxy: ReadonlyMap<string, HeaderUse> = new Map([
  ['host', 'host'],
  ['content-length', 'content-length'],
  ['transfer-encoding', 'transfer-encoding'],
  ['connection', 'connection'],
  ['cookie', 'cookie'],
  ['authorization', 'authorization'],
  ['x-pomerium-authorization', 'credential'],
  ['expect', 'expect'],
  ['te', 'te'],
  ['upgrade', 'upgrade'],
  ['x-forwarded-for', 'forwarded-for'],
  ['x-request-id', 'request-id'],
  [hopsHeader, 'hops'],
])

/** Between two neighbours only (RFC 9110 §7.6.1), and what would ask the upstream for another protocol or method. */
const hopByHop = [
  'keep-alive',
  'trailer',
  'proxy-authorization',
  'proxy-authenticate',
  'proxy-connection',
  'http2-settings',
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
]

/** Names that say who the person is or where the request came from: only the proxy may say so. */
const reservedNames = [
  'x-serverless-authorization',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-goog-iap-jwt-assertion',
  hopsHeader,
]
const reservedPrefixes = [
  'x-pomerium-',
  'x-forwarded-',
  'x-auth-request-',
  'x-goog-authenticated-user-',
  'cf-access-',
  'x-request-id',
]

export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

/** Sorts header names, and remembers the ones it has seen, up to a bound: clients choose them. */
export class HeaderNames {
  readonly #known = new Map<string, HeaderName>()
  readonly #dropped: ReadonlySet<string>
  readonly #bound: number
  readonly #underscores: RequestRules['headersWithUnderscores']

  constructor(
    reservedByConfiguration: readonly string[],
    underscores: RequestRules['headersWithUnderscores'] = 'reject',
    bound = 2000,
  ) {
    this.#underscores = underscores
    this.#dropped = new Set([...hopByHop, ...reservedNames, ...reservedByConfiguration].map(foldHeaderName))
    this.#bound = bound
  }

  find(sent: string): HeaderName {
    const known = this.#known.get(sent)
    if (known !== undefined) return known
    const lower = sent.toLowerCase()
    const name = { sent, lower, folded: foldHeaderName(lower), use: this.#useOf(lower) }
    if (this.#known.size < this.#bound) this.#known.set(sent, name)
    return name
  }

  #useOf(lower: string): HeaderUse {
    const own = readByProxy.get(lower)
    if (own !== undefined) return own
    const folded = foldHeaderName(lower)
    if (lower.includes('_')) {
      if (this.#underscores === 'reject') return 'refuse'
      // To some upstreams `Content_Length` is the other one.
      if (this.#underscores === 'drop' || readByProxy.has(folded)) return 'drop'
    }
    return this.isReserved(folded) ? 'drop' : 'forward'
  }

  /** Whether a client's header of this folded name never reaches an upstream. */
  isReserved(folded: string): boolean {
    return this.#dropped.has(folded) || reservedPrefixes.some((prefix) => folded.startsWith(prefix))
  }
}
