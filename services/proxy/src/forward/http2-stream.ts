import type { IncomingHttpHeaders } from 'node:http'
import { constants, sensitiveHeaders, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { watchForEnd } from '../http2/clean-end.ts'
import { connectionHeaders } from '../http2/connection-headers.ts'
import { http2Failure } from './http2-failure.ts'

/** A request to an upstream, as the exchange has it. */
export interface Http2Outgoing {
  readonly method: string
  readonly path: string
  /** Name, value, …; `host` among them. */
  readonly headers: readonly string[]
  readonly body: Readable | null
  /** Says `te: trailers` (RFC 9113 §8.2.2): gRPC servers demand it. */
  readonly acceptsTrailers: boolean
}

/**
 * Never kept in the compression table of a connection that many people share, where the size of one person's request
 * could tell about another's (RFC 7541 §7.1.3).
 */
const secret = ['cookie', 'authorization', 'x-serverless-authorization', 'x-pomerium-jwt-assertion']

/** Carries one request on one HTTP/2 connection, and tells about it as undici tells about its own. */
export class Http2Stream implements Dispatcher.DispatchController {
  rawHeaders: string[] = []
  /** What undici's own do not have. */
  readonly trailersMayFollow = true
  aborted = false
  paused = false
  reason: Error | null = null
  /** Something of the answer has arrived. */
  hasAnswer = false
  readonly #outgoing: Http2Outgoing
  readonly #handler: Dispatcher.DispatchHandler
  #stream: ClientHttp2Stream | undefined
  #hasEnded = (): boolean => false
  #trailers: IncomingHttpHeaders = {}
  #isSettled = false

  constructor(outgoing: Http2Outgoing, handler: Dispatcher.DispatchHandler) {
    this.#outgoing = outgoing
    this.#handler = handler
    handler.onRequestStart?.(this, undefined)
  }

  /** Nothing more will be told about it. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  /** `onClose` is called when the connection has room again. */
  start(session: ClientHttp2Session, scheme: 'http' | 'https', onClose: () => void): void {
    const { body } = this.#outgoing
    const hasBody = body !== null
    // Without `waitForTrailers` node ends the stream with END_STREAM before it resets it: half an upload would be a whole one.
    const stream = session.request(headerList(this.#outgoing, scheme), {
      endStream: !hasBody,
      waitForTrailers: hasBody,
    })
    stream.once('wantTrailers', () => stream.sendTrailers({}))
    this.#stream = stream
    this.#hasEnded = watchForEnd(stream)
    stream.on('headers', (headers: IncomingHttpHeaders) => this.#onInterim(headers))
    stream.once('response', (headers: IncomingHttpHeaders, flags: number, raw?: string[]) =>
      this.#onResponse(headers, flags, raw ?? []),
    )
    stream.once('trailers', (trailers: IncomingHttpHeaders) => (this.#trailers = trailers))
    stream.once('error', (error: Error) => this.fail(http2Failure(error, stream, session)))
    stream.once('close', () => {
      this.fail(http2Failure(undefined, stream, session))
      onClose()
    })
    stream.once('finish', () => this.#handler.onRequestSent?.())
    if (!hasBody) return
    body.once('error', (error) => this.abort(error))
    body.pipe(stream)
  }

  pause(): void {
    this.paused = true
    this.#stream?.pause()
  }

  resume(): void {
    this.paused = false
    this.#stream?.resume()
  }

  abort(reason: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#letGo(constants.NGHTTP2_CANCEL)
    this.fail(reason)
  }

  fail(error: Error): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#outgoing.body?.destroy()
    this.#handler.onResponseError?.(this, error)
  }

  #onInterim(headers: IncomingHttpHeaders): void {
    if (!this.#isSettled) this.#handler.onResponseStart?.(this, statusOf(headers), headers)
  }

  #onResponse(headers: IncomingHttpHeaders, flags: number, raw: readonly string[]): void {
    const stream = this.#stream
    if (this.#isSettled || stream === undefined) return
    this.hasAnswer = true
    this.rawHeaders = withoutPseudoHeaders(raw)
    try {
      this.#handler.onResponseStart?.(this, statusOf(headers), headers)
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error('not an error', { cause: error }))
      return
    }
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
      this.#end()
      return
    }
    stream.on('data', (chunk: Buffer) => {
      if (!this.#isSettled) this.#handler.onResponseData?.(this, chunk)
    })
    stream.once('end', () => {
      if (this.#hasEnded()) this.#end()
    })
  }

  #end(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#handler.onResponseEnd?.(this, this.#trailers)
    // An answer may come before the request is all there: the rest is not wanted any more.
    this.#letGo(constants.NGHTTP2_NO_ERROR)
  }

  #letGo(code: number): void {
    const stream = this.#stream
    const { body } = this.#outgoing
    if (stream === undefined) return
    if (body !== null && !body.readableEnded) {
      body.unpipe(stream)
      body.destroy()
    } else if (this.#hasEnded()) return
    if (!stream.closed) stream.close(code)
  }
}

function statusOf(headers: IncomingHttpHeaders): number {
  return Number(headers[constants.HTTP2_HEADER_STATUS])
}

function headerList({ method, path, headers, acceptsTrailers }: Http2Outgoing, scheme: string): string[] {
  const list = [':method', method, ':scheme', scheme, ':path', path]
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase()
    const value = headers[at + 1] ?? ''
    if (name === 'host') list.splice(2, 0, ':authority', value)
    else if (!connectionHeaders.has(name)) list.push(name, value)
  }
  if (acceptsTrailers) list.push('te', 'trailers')
  return Object.assign(list, { [sensitiveHeaders]: secret })
}

function withoutPseudoHeaders(raw: readonly string[]): string[] {
  let first = 0
  while (raw[first]?.startsWith(':') === true) first += 2
  return raw.slice(first)
}
