import type { IncomingHttpHeaders, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

/**
 * What a client asked, by HTTP/1.1 or HTTP/2. Node's own `IncomingMessage` is one; `Http2Request` is the other. The header
 * list is raw: name, value, name, value, …, nothing joined, and with the host under `host`.
 */
export interface DownstreamRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** `1.0`, `1.1` or `2`. */
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  /** Over HTTP/2, says whether a body follows; over HTTP/1.1 the framing headers do. */
  readonly hasBody?: boolean
  /** The connection itself, a `TLSSocket` with TLS: the same for both protocols. */
  readonly socket: Socket
  /** Everything that the client wanted to send has arrived. */
  readonly complete: boolean
  /** `end` was emitted: over HTTP/2 that happens to an empty body that nobody reads. */
  readonly readableEnded: boolean
  readonly destroyed: boolean
  pause(): unknown
  resume(): unknown
  /** Stops the client from sending: ends its connection, or over HTTP/2 its stream. */
  destroy(): unknown
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  on(event: 'end' | 'close' | 'error', listener: () => void): unknown
  once(event: 'end' | 'close', listener: () => void): unknown
  off(event: 'data', listener: (chunk: Buffer) => void): unknown
  off(event: 'end' | 'close' | 'error', listener: () => void): unknown
}

/** What the client is told. Node's own `ServerResponse` is one; `Http2Response` is the other. */
export interface DownstreamResponse {
  statusCode: number
  readonly headersSent: boolean
  readonly destroyed: boolean
  readonly writableFinished: boolean
  /** Either the flat list name, value, name, value, … or a record. Throws when a name or value is not allowed. */
  writeHead(status: number, headers: OutgoingHttpHeaders | OutgoingHttpHeader[]): unknown
  flushHeaders(): void
  writeContinue(): void
  write(chunk: Buffer): boolean
  end(chunk?: Buffer): unknown
  /** Ends the answer visibly broken off: the connection, or over HTTP/2 the stream. */
  destroy(): unknown
  /** Only over HTTP/2: what follows the body, as name, value, …; before `end`. */
  setTrailers?(trailers: readonly string[]): void
  /** Only over HTTP/2: nothing was done, so the client may ask the same again (RFC 9113 §8.7). */
  refuse?(): void
  once(event: 'close' | 'drain', listener: () => void): unknown
  off(event: 'close' | 'drain', listener: () => void): unknown
}
