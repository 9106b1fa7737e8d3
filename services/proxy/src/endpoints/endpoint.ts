import type { Clock } from '@postern/shared/clock.ts'
import type { TicketRedeemer } from '../authenticate-client.ts'
import type { AccessChecker } from '../check/access-checker.ts'
import type { Visit } from '../log/visit.ts'
import type { Arrival } from '../request/arrival.ts'

export interface EndpointDeps {
  readonly checker: AccessChecker
  readonly tickets: TicketRedeemer
  readonly clock: Clock
}

/** A request for a path of Postern's own. */
export interface OwnVisit {
  readonly visit: Visit
  readonly arrival: Arrival
  /** As people see the host: from the route, not from the connection. */
  readonly scheme: 'http' | 'https'
  readonly origin: string
}

export interface Endpoint {
  readonly methods: readonly string[]
  readonly answer: (deps: EndpointDeps, own: OwnVisit) => Promise<void> | void
}
