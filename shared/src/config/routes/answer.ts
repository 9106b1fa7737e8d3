import type { ConfigPath } from '../config-issue.ts'
import type { RouteValues } from '../keys/route-keys.ts'
import type { RouteAnswer } from '../route-options.ts'
import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'

/** What a route answers by itself: `redirect` or `response`. */
export function readAnswer(values: RouteValues, path: ConfigPath, report: Report): RouteAnswer | undefined {
  if (values.redirect !== undefined) return readRedirect(values.redirect, [...path, 'redirect'], report)
  if (values.response === undefined) return undefined
  const { status, body } = values.response
  if (status === undefined) report.error([...path, 'response', 'status'], 'not set; expected a status such as 200')
  return { kind: 'response', status: status ?? 200, body }
}

function readRedirect(
  values: NonNullable<RouteValues['redirect']>,
  path: ConfigPath,
  report: Report,
): RouteAnswer | undefined {
  const { path_redirect: newPath, prefix_rewrite: newPrefix } = values
  if (newPath !== undefined && newPrefix !== undefined)
    report.error([...path, 'prefix_rewrite'], 'contradicts path_redirect, which replaces the whole path', 'key')
  for (const key of ['path_redirect', 'prefix_rewrite'] as const) {
    if (values[key]?.startsWith('/') === false)
      report.error([...path, key], `found ${quote(values[key])}; expected a path that begins with "/"`)
  }
  if (values.https_redirect && values.scheme_redirect === 'http')
    report.error([...path, 'scheme_redirect'], 'contradicts https_redirect: true', 'key')
  if (values.host_redirect !== undefined && !isHost(values.host_redirect))
    report.error(
      [...path, 'host_redirect'],
      `found ${quote(values.host_redirect)}; expected a host such as example.com`,
    )
  const scheme = values.https_redirect ? 'https' : values.scheme_redirect
  const changes = [scheme, values.host_redirect, values.port_redirect, newPath, newPrefix]
  if (changes.every((change) => change === undefined) && !values.strip_query)
    report.error(path, 'leads to the same address again; expected host_redirect, path_redirect or the like')
  return {
    kind: 'redirect',
    status: values.response_code as 301,
    scheme,
    host: values.host_redirect,
    port: values.port_redirect,
    path: newPath,
    prefixRewrite: newPrefix,
    stripQuery: values.strip_query,
  }
}

function isHost(text: string): boolean {
  const url = URL.parse(`https://${text}`)
  return url !== null && url.port === '' && url.pathname === '/' && /^[^/?#@:]+$/.test(text)
}
