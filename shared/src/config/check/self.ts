import type { Report } from '../read/report.ts'
import { canonicalHost } from '../routes/from.ts'
import type { RouteDraft } from '../routes/route-draft.ts'

/** A route whose application is one of our own public hosts goes round in a circle. */
export function checkSelf(routes: readonly RouteDraft[], report: Report): void {
  const hosts = new Set(routes.map(({ from }) => from.host))
  for (const { upstreams, path, from } of routes) {
    for (const { url } of upstreams) {
      const host = canonicalHost(url.hostname)
      if (!hosts.has(host) || host === 'localhost' || url.port !== String(from.port ?? '')) continue
      report.warning(
        [...path, 'to'],
        `${host} is the host of a route: unless its name resolves differently here, requests go round in a circle`,
      )
    }
  }
}
