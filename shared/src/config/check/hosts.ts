import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'
import { hostOfEntry } from '../routes/depends-on.ts'
import { hostsOf } from '../routes/from.ts'
import type { RouteDraft } from '../routes/route-draft.ts'

/** Each one is a further redirect of the browser while it signs in. */
const mostDependencies = 5

/** Hosts that routes name beside their own: `tls_downstream_server_name`, `depends_on`. */
export function checkHosts(routes: readonly RouteDraft[], report: Report): void {
  const hosts = new Set(routes.flatMap(hostsOf))
  const hasWildcard = [...hosts].some((host) => host.includes('*'))
  for (const { values, path, from } of routes) {
    const second = values.tls_downstream_server_name
    if (second !== undefined && !/^[^/:@?#\s]+$/.test(second))
      report.error(
        [...path, 'tls_downstream_server_name'],
        `found ${quote(second)}; expected a host such as example.com`,
      )
    const entries = values.depends_on ?? []
    if (entries.length > mostDependencies)
      report.error(
        [...path, 'depends_on'],
        `found ${String(entries.length)} hosts; expected at most ${String(mostDependencies)}`,
      )
    for (const [index, entry] of entries.entries()) {
      const at = [...path, 'depends_on', ...(entries.length === 1 ? [] : [index])]
      const host = hostOfEntry(entry)
      if (host === undefined) report.error(at, `found ${quote(entry)}; expected a host, or https://host`)
      else if (host === from.host) report.warning(at, 'this is the route’s own host')
      else if (!hosts.has(host) && !hasWildcard)
        report.warning(at, `no route has the host ${host}, so nobody can sign in there`)
    }
  }
}
