import type { ConfigPath } from '../config-issue.ts'
import type { RouteValues } from '../keys/route-keys.ts'
import type { PathMatch, RouteFrom, Upstream } from '../model.ts'
import type { RouteAnswer } from '../route-options.ts'

/** A route whose parts are read; what the proxy and authorize get is cut from it. */
export interface RouteDraft {
  /** `routes.3` */
  readonly path: ConfigPath
  /** `file:line:column` */
  readonly source: string
  readonly id: string
  readonly values: RouteValues
  readonly from: RouteFrom
  readonly pathMatch: PathMatch
  readonly upstreams: readonly Upstream[]
  readonly answer: RouteAnswer | undefined
}
