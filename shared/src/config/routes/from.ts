import type { ConfigPath } from '../config-issue.ts'
import { isLoopbackHost } from '../listen-address.ts'
import type { RouteFrom } from '../model.ts'
import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'
import type { RouteDraft } from './route-draft.ts'

/** `https://host[:port]`, where `*` in the host stands for anything. `http` only where browsers trust it anyway. */
export function readFrom(text: string, path: ConfigPath, report: Report): RouteFrom | undefined {
  const expected = 'expected https://host or https://host:port'
  const url = URL.parse(text)
  if (url === null || url.hostname === '' || !/^[a-z]+(?:\+[a-z]+)?:\/\/[^/]/i.test(text)) {
    report.error(path, `${quote(text)} is not a URL; ${expected}`)
    return undefined
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    report.error(path, `${quote(url.protocol)} is not proxied; ${expected}`)
    return undefined
  }
  const host = canonicalHost(url.hostname)
  const before = report.errorCount
  if (url.protocol === 'http:' && !isLoopbackHost(host)) {
    report.error(
      path,
      'plain http would send the session cookie in the clear; write https (http is for localhost only)',
    )
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    report.error(path, `only scheme, host and port belong here; put the path into prefix, path or regex; ${expected}`)
  }
  if (url.port === '0') report.error(path, `no request comes to port 0; ${expected}`)
  if (url.username !== '' || url.password !== '') report.error(path, `a user name does not belong here; ${expected}`)
  if (report.errorCount > before) return undefined
  return {
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    host,
    port: url.port === '' ? undefined : Number(url.port),
  }
}

/** Lower case, punycode, no trailing dot: as hosts are compared everywhere. */
export function canonicalHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

/** `https://host:port`, as people write it. */
export function describeFrom(from: RouteFrom): string {
  return `${from.scheme}://${from.host}${from.port === undefined ? '' : `:${String(from.port)}`}`
}

/** The hosts that lead to a route: that of `from`, and `tls_downstream_server_name`. */
export function hostsOf({ from, values }: Pick<RouteDraft, 'from' | 'values'>): string[] {
  const other = values.tls_downstream_server_name
  return other === undefined ? [from.host] : [...new Set([from.host, canonicalHost(other)])]
}
