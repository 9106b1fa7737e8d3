import { checkAccess } from '../routes/access.ts'
import { checkRequestHeaders, checkResponseHeaders, checkRewrittenHeaders } from '../routes/headers.ts'
import { checkRewrites } from '../routes/rewrites.ts'
import type { RouteDraft } from '../routes/route-draft.ts'
import type { Report } from '../read/report.ts'
import { checkHosts } from './hosts.ts'
import { checkReach } from './reach.ts'
import { checkSelf } from './self.ts'
import { checkTransport } from './transport.ts'

/** The traps of route lists; each check says what it looks for. */
export function checkRoutes(routes: readonly RouteDraft[], report: Report): void {
  for (const route of routes) {
    checkAccess(route, report)
    checkRequestHeaders(route, report)
    checkResponseHeaders(route.values.set_response_headers, route.path, report)
    checkRewrittenHeaders(route, report)
    checkRewrites(route, report)
    checkTransport(route, report)
  }
  checkHosts(routes, report)
  checkReach(routes, report)
  checkSelf(routes, report)
}
