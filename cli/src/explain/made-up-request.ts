import { parseAddress } from '@postern/authorize/policy/facts/ip-address.ts'
import { canonicalHost, type CanonicalHost } from '@postern/proxy/request/canonical-host.ts'
import { canonicalTarget } from '@postern/proxy/request/canonical-target.ts'
import type { RequestRules } from '@postern/shared/config/route-options.ts'
import { UsageError } from '@postern/shared/lifecycle/command-line.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'

/** A request as a person at a terminal describes it. */
export interface MadeUpRequest {
  readonly url: string
  readonly method: string
  /** `undefined`: not given. */
  readonly address: string | undefined
  /** `Name: value`. */
  readonly headers: readonly string[]
}

/** The request as the proxy would read it. */
export interface ReadRequest {
  readonly host: CanonicalHost
  /** As it stands in the request line. */
  readonly target: string
  /** The proxy sends the browser to the address without escaped slashes. */
  readonly asksForRedirect: boolean
  readonly facts: RequestFacts
}

/** Of a block that belongs to nobody (RFC 5737), for requests without an address. */
export const unknownAddress = '192.0.2.1'

/**
 * Reads the address by the proxy's own rules. `undefined`: the proxy refuses it as ambiguous, before any policy.
 * @throws UsageError when it is no address at all
 */
export function readRequest(
  { url, method, address, headers }: MadeUpRequest,
  rules: RequestRules | undefined,
): ReadRequest | undefined {
  const [, authority, rest = ''] = /^(?:https?:\/\/)?([^/?#]+)([^#]*)/i.exec(url) ?? []
  const host = authority === undefined ? undefined : canonicalHost(authority)
  if (host === undefined) throw new UsageError(`--url ${url} is not an address such as https://app.example.com/path`)
  if (address !== undefined && parseAddress(address) === undefined) {
    throw new UsageError(`--ip ${address} is not an IP address`)
  }
  const asked = rest.startsWith('/') ? rest : `/${rest}`
  const target = canonicalTarget(asked, rules)
  if (target === undefined) return undefined
  const facts: RequestFacts = {
    method,
    host: host.host,
    path: target.path,
    query: target.query,
    headers: readHeaders(headers),
    clientAddress: address ?? unknownAddress,
    clientCertificate: undefined,
  }
  const asksForRedirect = target.wasUnescaped && rules?.escapedSlashes === 'unescape-redirect'
  return { host, target: asked, asksForRedirect, facts }
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new UsageError(`--header ${line} is not "Name: value"`)
    headers.set(name.toLowerCase(), [...(headers.get(name.toLowerCase()) ?? []), value])
  }
  return headers
}
