import { isUtf8 } from 'node:buffer'
import type { RequestRules } from '@postern/shared/config/route-options.ts'

/** What the operator wants of paths that could be read in two ways. */
export type PathRules = Omit<RequestRules, 'headersWithUnderscores'>

export const strictPaths: PathRules = { escapedSlashes: 'reject', mergeSlashes: true, normalizePath: true }

/** The one form of a request target that routes, policy and upstream see. */
export interface CanonicalTarget {
  /**
   * Starts with `/`: no dot segment, no double slash (unless the rules leave them), no escape of an unreserved
   * character, escapes in upper case.
   */
  readonly path: string
  /** An escaped slash or backslash became a slash. */
  readonly wasUnescaped: boolean
  /** Without the question mark; as sent. */
  readonly query: string
  /** Of an absolute-form target (RFC 9112 §3.2.2): has to agree with `Host`. */
  readonly authority: string | undefined
}

const plainPath = /^\/[A-Za-z0-9\-._~!$&'()*+,=:@/]*$/
const printable = /^[\x21-\x7e]*$/
const absoluteForm = /^https?:\/\/([^/?#]+)(.*)$/i
const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/
const dotSegmentWithParameter = /(?:^|\/)\.{1,2}(?:;|%3B)/
const escapedSlash = /%2F|%5C/i
/** A dot segment to whoever unescapes later. */
const hiddenDotSegment = /(?:\/|%2F|%5C)\.{1,2}(?:%2F|%5C)|(?:%2F|%5C)\.{1,2}(?:\/|;|$)/

/**
 * Reads a request target once, for everybody. `undefined`: it could be read in more than one way (RFC 3986 §6.2 leaves
 * room for both), so nobody reads it at all. Security cases PATH-01 to PATH-19.
 */
export function canonicalTarget(raw: string, rules: PathRules = strictPaths): CanonicalTarget | undefined {
  if (!raw.startsWith('/')) return canonicalAbsoluteForm(raw, rules)
  const question = raw.indexOf('?')
  const rawPath = question === -1 ? raw : raw.slice(0, question)
  const query = question === -1 ? '' : raw.slice(question + 1)
  if (query !== '' && (!printable.test(query) || query.includes('#'))) return undefined
  const unescaped = rules.escapedSlashes.startsWith('unescape') ? rawPath.replace(/%2F|%5C/gi, '/') : rawPath
  const path = canonicalPath(unescaped, rules)
  return path === undefined ? undefined : { path, query, wasUnescaped: unescaped !== rawPath, authority: undefined }
}

function canonicalAbsoluteForm(raw: string, rules: PathRules): CanonicalTarget | undefined {
  const [, authority, rest] = absoluteForm.exec(raw) ?? []
  if (authority === undefined || rest === undefined) return undefined
  const target = canonicalTarget(rest.startsWith('/') ? rest : `/${rest}`, rules)
  return target && { ...target, authority }
}

function canonicalPath(raw: string, rules: PathRules): string | undefined {
  if (plainPath.test(raw) && !raw.includes('//') && !raw.includes('/.')) return raw
  if (!printable.test(raw) || raw.includes('\\') || raw.includes('#')) return undefined
  const decoded = raw.includes('%') ? decodeUnreserved(raw) : raw
  if (decoded === undefined) return undefined
  // `..;x` is a dot segment to some servers and a name to others; with `;` anywhere, so is the segment beside it.
  if (dotSegmentWithParameter.test(decoded)) return undefined
  if (dotSegment.test(decoded) && (decoded.includes(';') || decoded.includes('%3B'))) return undefined
  if (escapedSlash.test(decoded) && (rules.escapedSlashes === 'reject' || hiddenDotSegment.test(decoded)))
    return undefined
  const merged = rules.mergeSlashes ? decoded.replace(/\/{2,}/g, '/') : decoded
  return rules.normalizePath ? withoutDotSegments(merged) : merged
}

/** Decodes what needs no escape (RFC 3986 §6.2.2.2) and refuses controls and broken UTF-8. */
function decodeUnreserved(raw: string): string | undefined {
  const bytes: number[] = []
  let decoded = ''
  let done = 0
  for (let at = raw.indexOf('%'); at !== -1; at = raw.indexOf('%', at + 3)) {
    const digits = raw.slice(at + 1, at + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return undefined
    const byte = Number.parseInt(digits, 16)
    if (byte < 0x20 || byte === 0x7f) return undefined
    decoded += raw.slice(done, at) + (isUnreserved(byte) ? String.fromCharCode(byte) : `%${digits.toUpperCase()}`)
    if (at !== done) bytes.push(0x2f)
    bytes.push(byte)
    done = at + 3
  }
  return isUtf8(Uint8Array.from(bytes)) ? decoded + raw.slice(done) : undefined
}

function isUnreserved(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x5f ||
    byte === 0x7e
  )
}

/** RFC 3986 §5.2.4. */
function withoutDotSegments(path: string): string {
  const kept: string[] = []
  const [, ...segments] = path.split('/')
  for (const segment of segments) {
    if (segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  const last = segments.at(-1)
  if (last === '.' || last === '..') kept.push('')
  return `/${kept.join('/')}`
}
