import type { ServerlessConfig } from '../model.ts'
import type { Report } from '../read/report.ts'
import type { RouteDraft } from './route-draft.ts'
import { isPlainText } from './upstreams.ts'

const enable = 'enable_google_cloud_serverless_authentication'
const audienceKey = 'google_cloud_serverless_authentication_audience'
const headerKey = 'google_cloud_serverless_authentication_header'

/** The Google identity token of a route, or nothing. The traps of `reference` on Cloud Run audiences are checked here. */
export function readServerless(route: Omit<RouteDraft, 'id'>, report: Report): ServerlessConfig | undefined {
  const { values, path, upstreams } = route
  const header = values[headerKey]
  const explicit = values[audienceKey]
  if (!values[enable]) {
    if (explicit !== undefined) report.error([...path, audienceKey], `has no effect without ${enable}: true`)
    return undefined
  }
  checkTransport(route, report)
  checkHostHeader(route, report)
  checkOwnHeaders(route, header, report)
  if (explicit !== undefined) return { audience: explicit, header }
  const audiences = new Set(upstreams.map(({ url }) => defaultAudience(url)))
  const [audience] = audiences
  if (audiences.has(undefined)) {
    report.error(
      [...path, 'to'],
      `Cloud Run accepts this host as an audience only if the service lists it; say which audience the service expects in ${audienceKey}`,
    )
  } else if (audiences.size > 1) {
    report.error([...path, 'to'], `one token is sent, but these hosts expect different audiences; set ${audienceKey}`)
  }
  return { audience: audience ?? '', header }
}

/** Cloud Run wants the service's own URL, even where a tag (`TAG---service`) is addressed; other hosts are not known. */
export function defaultAudience(url: URL): string | undefined {
  const host = url.hostname.replace(/\.$/, '')
  if (!host.endsWith('.run.app')) return undefined
  return `https://${host.replace(/^[a-z0-9-]+?---/, '')}`
}

function checkTransport({ upstreams, path }: Omit<RouteDraft, 'id'>, report: Report): void {
  if (upstreams.some(({ url }) => isPlainText(url))) {
    report.error([...path, 'to'], 'plain http would send a Google token in the clear; write https')
  }
}

const hostKeys = [
  'preserve_host_header',
  'host_rewrite',
  'host_rewrite_header',
  'host_path_regex_rewrite_pattern',
] as const

/** Google's front end picks the service by Host: another host is a 404 there, whatever the token. */
function checkHostHeader({ values, path, upstreams }: Omit<RouteDraft, 'id'>, report: Report): void {
  const key = hostKeys.find((name) => values[name] !== undefined && values[name] !== false)
  if (key === undefined) return
  const message = 'Cloud Run finds the service by the Host header, so this would answer 404; leave it out'
  if (upstreams.some(({ url }) => url.hostname.endsWith('.run.app'))) report.error([...path, key], message)
  else report.warning([...path, key], 'Google finds the service by the Host header; make sure it knows this one')
}

function checkOwnHeaders(
  { values, path }: Omit<RouteDraft, 'id'>,
  header: ServerlessConfig['header'],
  report: Report,
): void {
  const ours = header === 'both' ? ['authorization', 'x-serverless-authorization'] : [header]
  for (const key of ['set_request_headers', 'remove_request_headers'] as const) {
    const names =
      key === 'set_request_headers'
        ? Object.keys(values.set_request_headers ?? {})
        : (values.remove_request_headers ?? [])
    for (const name of names.filter((candidate) => ours.includes(candidate.toLowerCase()))) {
      report.error([...path, key], `${name} carries the Google identity token on this route`)
    }
  }
}
