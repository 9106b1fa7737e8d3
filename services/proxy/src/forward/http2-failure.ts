import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'

/** How an HTTP/2 exchange with an upstream went wrong. */
export type Http2FailureCode =
  /** The upstream did nothing with the request (RFC 9113 §8.7): it may be sent again, whatever it was. */
  | 'H2_REFUSED'
  /** The upstream reset the stream, or closed it before its end. */
  | 'H2_RESET'
  /** The connection went while the request was on it. */
  | 'H2_CONNECTION_LOST'
  /** What came is not HTTP/2, or not by its rules. */
  | 'H2_PROTOCOL'

export class Http2Failure extends Error {
  override readonly name = 'Http2Failure'
  readonly code: Http2FailureCode

  constructor(code: Http2FailureCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}

/** What node says when a request never left: its connection was ending. */
const neverSent: ReadonlySet<string> = new Set([
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_STREAM_CANCEL',
  'ERR_HTTP2_OUT_OF_STREAMS',
])

/** Why a stream failed, or closed without an end. An error of the socket stays what it is. */
export function http2Failure(error: Error | undefined, stream: ClientHttp2Stream, session: ClientHttp2Session): Error {
  const code = error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const failure = (kind: Http2FailureCode, detail: string) => new Http2Failure(kind, detail, { cause: error })
  if (neverSent.has(code)) return failure('H2_REFUSED', 'the request was not sent')
  // Node gives the code of a GOAWAY to every stream, also to those that the upstream worked on.
  const isRefused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && code !== 'ERR_HTTP2_SESSION_ERROR'
  if (isRefused) return failure('H2_REFUSED', 'the stream was refused')
  if (code === 'ERR_HTTP2_ERROR' || stream.rstCode === constants.NGHTTP2_PROTOCOL_ERROR) {
    return failure('H2_PROTOCOL', 'the upstream broke the rules of HTTP/2')
  }
  if (error !== undefined && !code.startsWith('ERR_HTTP2_')) return error
  if (session.destroyed) return failure('H2_CONNECTION_LOST', 'the connection ended under the request')
  return failure('H2_RESET', `the stream was closed with code ${String(stream.rstCode)}`)
}
