import type { ResponseHeaderRewrite } from '@postern/shared/config/route-options.ts'
import { isOwnCookie, type OwnCookieNames } from '../request/own-cookies.ts'

/** What a route adds to every response of its upstream. */
export interface ResponseHeaderPlan {
  /** Name, value, name, value, … */
  readonly set: readonly string[]
  /** Lower-case names that the upstream's answer may not carry, because `set` does. */
  readonly overridden: ReadonlySet<string>
  /** Of header values, by lower-case name: beginnings that are replaced, in this order. `undefined`: none at all. */
  readonly rewrites: ReadonlyMap<string, readonly ResponseHeaderRewrite[]> | undefined
  /** Names that the upstream may not set: ours on this host. `undefined`: it is authenticate, which sets its own. */
  readonly cookies: OwnCookieNames | undefined
  /** The upstream is one of our own services: what it says about an answer is true. */
  readonly trusted: boolean
}

/** More is no answer but an attack or a bug (security case SMG-22). */
export const maxResponseHeaders = 1000
export const maxResponseHeaderBytes = 128 * maxResponseHeaders

const hopByHop = new Set([
  'connection',
  // Node throws where HTTP/2 forbids it; its parser lets it in.
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
])

const notTheirs = new Set([
  // Advertises another way to the upstream's host, not to ours.
  'alt-svc',
  // Say what only Postern may say about an answer.
  'postern-error',
  'x-serverless-authorization',
])

/**
 * The answer's headers for the client, as name, value, name, value, in the upstream's order and spelling, repeats kept;
 * `undefined` when there are more than anybody may send. `raw` is the same shape, one latin1 buffer or string each.
 */
export function buildResponseHeaders(
  raw: readonly (Buffer | string)[],
  plan: ResponseHeaderPlan,
  requestId: string,
): string[] | undefined {
  if (raw.length > maxResponseHeaders * 2) return undefined
  const headers: string[] = ['x-request-id', requestId]
  let nominated: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const name = latin1(raw[at])
    const lower = name.toLowerCase()
    const sent = latin1(raw[at + 1])
    const value = plan.rewrites === undefined ? sent : rewritten(lower, sent, plan.rewrites)
    if (lower === 'connection') nominated = nominated === undefined ? value : `${nominated},${value}`
    if (!isForwarded(lower, value, plan)) continue
    headers.push(name, value)
  }
  const kept = nominated === undefined ? headers : withoutNominated(headers, nominated)
  kept.push(...plan.set)
  return kept
}

/** Fields that say how to read or route a message, or what to keep: they mean nothing behind it (RFC 9110 §6.5.1). */
const neverTrailers = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'host',
  'location',
  'set-cookie',
  'vary',
  'www-authenticate',
])

/** The answer's trailers for the client, in the same form; nothing in them that would count as a header of ours. */
export function buildTrailers(trailers: Readonly<Record<string, unknown>>, plan: ResponseHeaderPlan): string[] {
  const kept: string[] = []
  for (const [name, sent] of Object.entries(trailers)) {
    for (const value of [sent].flat()) {
      if (typeof value !== 'string' || neverTrailers.has(name)) continue
      if (isForwarded(name, value, plan)) kept.push(name, value)
    }
  }
  return kept
}

function rewritten(lower: string, sent: string, rewrites: NonNullable<ResponseHeaderPlan['rewrites']>): string {
  let value = sent
  for (const { prefix, value: replacement } of rewrites.get(lower) ?? []) {
    if (value.startsWith(prefix)) value = replacement + value.slice(prefix.length)
  }
  return value
}

function isForwarded(lower: string, value: string, plan: ResponseHeaderPlan): boolean {
  if (hopByHop.has(lower) || plan.overridden.has(lower)) return false
  if (plan.trusted) return true
  if (notTheirs.has(lower) || lower.startsWith('x-pomerium-')) return false
  if (lower !== 'set-cookie' || plan.cookies === undefined) return true
  return isTheirCookie(value, plan.cookies)
}

/** A browser sends a cookie without a name back as its bare value, which could read like one of ours. */
function isTheirCookie(value: string, own: OwnCookieNames): boolean {
  const [pair = ''] = value.split(';', 1)
  const name = pair.slice(0, Math.max(0, pair.indexOf('='))).trim()
  return name !== '' && !isOwnCookie(name, own)
}

function withoutNominated(headers: string[], connection: string): string[] {
  const nominated = new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((token) => token.trim()),
  )
  const nominatesNothing = [...nominated].every((token) => token === 'close' || token === 'keep-alive')
  if (nominatesNothing) return headers
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (at > 0 && nominated.has(name.toLowerCase()) && name.toLowerCase() !== 'content-length') continue
    kept.push(name, headers[at + 1] ?? '')
  }
  return kept
}

function latin1(value: Buffer | string | undefined): string {
  return typeof value === 'string' ? value : (value?.toString('latin1') ?? '')
}
