import type { ConfigPath } from '../config-issue.ts'
import { didYouMean } from '../read/closest.ts'
import type { Report } from '../read/report.ts'
import type { RouteDraft } from './route-draft.ts'

/** Framing and routing belong to the proxy (RFC 9110 7.6.1). */
const ownedByTheProxy = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const ownedMessage = 'the proxy itself decides about this header'

/** An answer with two lengths, or with none that is true, breaks the connection or is read in two ways. */
export function checkResponseHeaders(
  headers: Readonly<Record<string, string>> | undefined,
  path: ConfigPath,
  report: Report,
): void {
  for (const name of Object.keys(headers ?? {})) {
    if (ownedByTheProxy.has(name.toLowerCase())) report.error([...path, 'set_response_headers', name], ownedMessage)
  }
  // In Pomerium, too, the key alone decides; whoever writes "false" means the opposite.
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (name.toLowerCase() === 'disable' && value.toLowerCase() === 'false')
      report.error(
        [...path, 'set_response_headers', name],
        'turns all headers off, whatever its value; leave it out to keep them, or write true',
      )
  }
}

/** The same for headers whose beginning is replaced. */
export function checkRewrittenHeaders({ values, path }: RouteDraft, report: Report): void {
  for (const [index, { header }] of (values.rewrite_response_headers ?? []).entries()) {
    if (ownedByTheProxy.has(header.toLowerCase()))
      report.error([...path, 'rewrite_response_headers', index, 'header'], ownedMessage)
  }
}

const headerTemplate = /\$\{?\s*pomerium\.request\.headers\[\s*(?:"([^"]+)"|'([^']+)')\s*\]/g

export interface RequestHeaders {
  /** Sent as they stand. */
  readonly plain: Readonly<Record<string, string>>
  /** With a `$`: authorize expands them, once. */
  readonly templated: Readonly<Record<string, string>>
}

export function splitRequestHeaders({ values }: RouteDraft): RequestHeaders {
  const entries = Object.entries(values.set_request_headers ?? {})
  return {
    plain: Object.fromEntries(entries.filter(([, value]) => !value.includes('$'))),
    templated: Object.fromEntries(entries.filter(([, value]) => value.includes('$'))),
  }
}

/** What `${pomerium.…}` may stand for, besides a header of the request. */
const templateNames = [
  'jwt',
  'id_token',
  'access_token',
  'client_cert_fingerprint',
  'client_cert_san_dns',
  'client_cert_san_email',
]

const plainReference = /\$(?:\$|\{\s*pomerium\.([\w.]+)\s*\}|pomerium\.([\w.]+))/g

export function checkRequestHeaders({ values, path }: RouteDraft, report: Report): void {
  for (const [name, value] of Object.entries(values.set_request_headers ?? {})) {
    const at = [...path, 'set_request_headers', name]
    const lower = name.toLowerCase()
    if (lower === 'host') report.error(at, 'the Host header is set with host_rewrite or preserve_host_header')
    else if (ownedByTheProxy.has(lower)) report.error(at, ownedMessage)
    else if (lower.startsWith('x-pomerium-'))
      report.error(at, 'names that begin with X-Pomerium- are kept for what Postern says')
    for (const [, inBraces, bare] of value.matchAll(plainReference)) {
      const asked = inBraces ?? bare
      if (asked === undefined || templateNames.includes(asked)) continue
      report.warning(at, `pomerium.${asked} is always empty: there is no such thing${didYouMean(asked, templateNames)}`)
    }
  }
}

/** Lower-case names of the headers of a request that decide: read by templates, or by the criteria of the policy; with those for the log. */
export function headersForPolicy(route: RouteDraft, takesBearer: boolean, logged: readonly string[]): string[] {
  const names = new Set(logged)
  for (const value of Object.values(route.values.set_request_headers ?? {})) {
    for (const [, double, single] of value.matchAll(headerTemplate)) names.add((double ?? single ?? '').toLowerCase())
  }
  if (route.values.cors_allow_preflight || mentions(route.values.policy, 'cors_preflight')) {
    names.add('origin').add('access-control-request-method')
  }
  if (takesBearer) names.add('authorization')
  return [...names].sort()
}

/** Whether a key of this name stands anywhere inside. Saying yes too often costs bytes; saying no would cost an answer. */
function mentions(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, inner]) => key === name || mentions(inner, name))
}
