import { clientCertificateOf } from '../client-certificate/client-certificates.ts'
import type { AccessChecker } from '../check/access-checker.ts'
import type { CheckAnswer, CheckQuestion } from '@postern/shared/vocabulary/check.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import type { Visit } from '../log/visit.ts'
import type { Arrival } from '../request/arrival.ts'
import type { PreparedRoute } from '../routes/prepared-route.ts'

export type Allowed = Extract<CheckAnswer, { kind: 'allow' }>

const noHeaders: ReadonlyMap<string, readonly string[]> = new Map()

/** What authorize is asked about this request. The route is the proxy's choice; nobody derives it again. */
export function questionAbout(visit: Visit, arrival: Arrival, route: PreparedRoute): CheckQuestion {
  const { cookies, presented } = arrival
  return {
    routeId: route.route.id,
    configRevision: visit.state.config.revision,
    requestId: visit.requestId,
    facts: new FactsNow(visit, arrival, route),
    credential: presented.credential,
    signInBinding: cookies.bindings[0],
  }
}

/** A class, since a getter in an object literal costs more than the rest of the question: each one gets a shape of its own. */
class FactsNow implements RequestFacts {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly headers: RequestFacts['headers']
  readonly clientAddress: string
  readonly #socket: Visit['request']['socket']
  readonly #authorities: string | undefined

  constructor(visit: Visit, arrival: Arrival, { route, headersForPolicy }: PreparedRoute) {
    this.method = arrival.head.method
    this.host = arrival.host.host
    this.path = arrival.path
    this.query = arrival.query
    this.headers = headersForPolicy.size === 0 ? noHeaders : policyHeaders(arrival, headersForPolicy)
    this.clientAddress = arrival.client.address
    this.#socket = visit.request.socket
    this.#authorities = route.clientAuthorities
  }

  /** Read anew whenever this is asked again, for what stays open: it may be revoked by then. */
  get clientCertificate(): RequestFacts['clientCertificate'] {
    return clientCertificateOf(this.#socket, this.#authorities)
  }
}

/** Only what the route's policy or templates read, and never a credential of ours. */
function policyHeaders(arrival: Arrival, wanted: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>()
  const add = (name: string, value: string | undefined): void => {
    if (value === undefined || !wanted.has(name)) return
    const values = headers.get(name)
    if (values === undefined) headers.set(name, [value])
    else values.push(value)
  }
  for (const { name, value } of arrival.head.forwardable) add(name.lower, value)
  add('host', arrival.host.host)
  add('cookie', arrival.cookies.others)
  add('authorization', arrival.presented.authorization)
  return headers
}

/** Asks, and keeps the record. Not getting an answer is thrown, never turned into one. */
export async function askAuthorize(
  checker: AccessChecker,
  visit: Visit,
  question: CheckQuestion,
): Promise<CheckAnswer> {
  const askedAt = performance.now()
  try {
    const answer = await checker.check(question)
    visit.decision = answer.kind
    return answer
  } finally {
    visit.checkMs = performance.now() - askedAt
  }
}
