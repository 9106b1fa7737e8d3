import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { RequestLimits } from '@postern/shared/config/model.ts'
import type { DownstreamRequest } from '../listener/downstream.ts'
import { readFraming, readStreamFraming, type BodyFraming } from './framing.ts'
import { foldHeaderName, type HeaderName, type HeaderNames } from './header-names.ts'

/** A client's header block, read once. What is in `forwardable` reaches the upstream unless the route removes it. */
export interface RequestHead {
  readonly method: string
  /** It came as an HTTP/2 stream. */
  readonly isStream: boolean
  /** As sent: exactly one `Host`, not empty. */
  readonly host: string
  readonly framing: BodyFraming
  readonly forwardable: readonly ClientHeader[]
  /** Every `Cookie` line, joined. */
  readonly cookies: string | undefined
  readonly authorization: string | undefined
  /** The value of `X-Pomerium-Authorization`. */
  readonly credential: string | undefined
  readonly forwardedFor: string | undefined
  readonly requestId: string | undefined
  readonly hops: string | undefined
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean
  /** The client reads trailers, and says so to its neighbour (RFC 9110 §10.1.4). */
  readonly acceptsTrailers: boolean
}

export interface ClientHeader {
  readonly name: HeaderName
  readonly value: string
}

type Collected = { -readonly [K in keyof RequestHead]: RequestHead[K] } & {
  forwardable: ClientHeader[]
  hosts: number
  contentLengths: string[]
  transferEncodings: string[]
  nominated: string | undefined
}

/**
 * Reads the raw header block: nothing is joined, dropped or truncated behind our back. Throws `REQUEST_AMBIGUOUS` for
 * what two parsers could read differently, and `REQUEST_HEADERS_TOO_LARGE` above the limit (security cases SMG, HOST-05).
 */
export function readRequestHead(request: DownstreamRequest, names: HeaderNames, limits: RequestLimits): RequestHead {
  const { rawHeaders, httpVersion, hasBody } = request
  if (rawHeaders.length > limits.maxHeaderCount * 2) {
    throw new PosternError('REQUEST_HEADERS_TOO_LARGE', `${rawHeaders.length / 2} headers`)
  }
  if (hasBody !== undefined) limitBytes(rawHeaders, limits)
  else if (httpVersion !== '1.1' && httpVersion !== '1.0') throw ambiguous(`HTTP version ${httpVersion}`)
  const head = collect(request, names)
  if (head.hosts !== 1 || head.host === '') throw ambiguous(`${head.hosts} Host headers`)
  head.framing =
    hasBody === undefined
      ? readFraming(head.transferEncodings, head.contentLengths, httpVersion)
      : readStreamFraming(head.transferEncodings, head.contentLengths, hasBody)
  if (head.nominated !== undefined) head.forwardable = withoutNominated(head.forwardable, head.nominated)
  return head
}

/** Over HTTP/1.1 the parser does it. */
function limitBytes(rawHeaders: readonly string[], { maxHeaderBytes }: RequestLimits): void {
  let bytes = 0
  for (const text of rawHeaders) bytes += text.length
  if (bytes > maxHeaderBytes) throw new PosternError('REQUEST_HEADERS_TOO_LARGE', `${bytes} bytes`)
}

function collect(request: DownstreamRequest, names: HeaderNames): Collected {
  const { rawHeaders } = request
  const head = emptyHead(request.method ?? '', request.hasBody !== undefined)
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = names.find(rawHeaders[at] ?? '')
    take(head, name, rawHeaders[at + 1] ?? '')
  }
  return head
}

function emptyHead(method: string, isStream: boolean): Collected {
  return {
    method,
    isStream,
    host: '',
    framing: { kind: 'none' },
    forwardable: [],
    cookies: undefined,
    authorization: undefined,
    credential: undefined,
    forwardedFor: undefined,
    requestId: undefined,
    hops: undefined,
    expectsContinue: false,
    acceptsTrailers: false,
    hosts: 0,
    contentLengths: [],
    transferEncodings: [],
    nominated: undefined,
  }
}

function take(head: Collected, name: HeaderName, value: string): void {
  switch (name.use) {
    case 'forward':
      head.forwardable.push({ name, value })
      return
    case 'drop':
    case 'upgrade':
      return
    case 'refuse':
      throw ambiguous('a header name with an underscore')
    case 'host':
      head.hosts += 1
      head.host = value
      return
    case 'content-length':
      head.contentLengths.push(value)
      return
    case 'transfer-encoding':
      head.transferEncodings.push(value)
      return
    case 'connection':
      head.nominated = joined(head.nominated, value, ',')
      return
    case 'cookie':
      head.cookies = joined(head.cookies, value, '; ')
      return
    case 'authorization':
      if (head.authorization !== undefined) throw ambiguous('two Authorization headers')
      head.authorization = value
      return
    case 'credential':
      if (head.credential !== undefined) throw ambiguous('two X-Pomerium-Authorization headers')
      head.credential = value
      return
    case 'expect':
      head.expectsContinue = true
      return
    case 'te':
      head.acceptsTrailers ||= value.toLowerCase() === 'trailers'
      return
    case 'forwarded-for':
      head.forwardedFor = joined(head.forwardedFor, value, ',')
      return
    case 'request-id':
      head.requestId = value
      return
    case 'hops':
      head.hops = value
  }
}

/** The client may nominate only its own headers: ours are added later (security cases HDR-07, HDR-08). */
function withoutNominated(headers: ClientHeader[], connection: string): ClientHeader[] {
  if (connection === 'keep-alive' || connection === 'close') return headers
  const nominated = new Set(connection.split(',').map((token) => foldHeaderName(token.trim())))
  return headers.filter(({ name }) => !nominated.has(name.folded))
}

function joined(before: string | undefined, value: string, separator: string): string {
  return before === undefined ? value : `${before}${separator}${value}`
}

function ambiguous(detail: string): PosternError {
  return new PosternError('REQUEST_AMBIGUOUS', detail)
}
