import type { IncomingHttpHeaders } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { watchForEnd } from '../http2/clean-end.ts'
import type { DownstreamRequest } from './downstream.ts'
import type { Http2Response } from './http2-response.ts'

/** The headers of a stream in the form that HTTP/1.1 has them in. */
interface PlainHead {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
}

export interface ReceivedStream {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  /** As they came, pseudo-headers among them. */
  readonly rawHeaders: readonly string[]
  readonly socket: Socket
}

/** A request that came as an HTTP/2 stream. */
export class Http2Request implements DownstreamRequest {
  readonly httpVersion = '2'
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly hasBody: boolean
  readonly socket: Socket
  readonly #stream: ServerHttp2Stream
  readonly #response: Http2Response
  readonly #hasEnded: () => boolean

  constructor({ stream, headers, rawHeaders, socket }: ReceivedStream, response: Http2Response) {
    const head = plainHead(rawHeaders)
    this.#stream = stream
    this.method = head.method
    this.url = head.url
    this.headers = headers
    this.rawHeaders = head.rawHeaders
    this.hasBody = !stream.endAfterHeaders
    this.socket = socket
    this.#response = response
    this.#hasEnded = watchForEnd(stream)
  }

  get complete(): boolean {
    return this.#hasEnded()
  }

  get readableEnded(): boolean {
    return this.#stream.readableEnded
  }

  get destroyed(): boolean {
    return this.#stream.destroyed
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  destroy(): void {
    this.#response.stopRequest()
  }

  on(event: 'data' | 'end' | 'close' | 'error', listener: (chunk: Buffer) => void): void {
    this.#stream.on(event, listener)
  }

  once(event: 'end' | 'close', listener: () => void): void {
    this.#stream.once(event, listener)
  }

  off(event: 'data' | 'end' | 'close' | 'error', listener: (chunk: Buffer) => void): void {
    this.#stream.off(event, listener)
  }
}

/**
 * The host comes first, from `:authority`. A `host` beside it that says anything else stays, and two hosts are refused
 * like over HTTP/1.1 (RFC 9113 §8.3.1, security case HOST-11). Cookies may come one to a field (§8.2.3): they are one header.
 */
function plainHead(raw: readonly string[]): PlainHead {
  const rawHeaders: string[] = []
  const cookies: string[] = []
  let [method, url] = ['', '']
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at], raw[at + 1]]
    if (name === ':method') method = value
    else if (name === ':path') url = value
    else if (name === ':authority') rawHeaders.push('host', value)
    else if (name === 'cookie') cookies.push(value)
    else if (!name.startsWith(':') && !isSameHost(rawHeaders, name, value)) rawHeaders.push(name, value)
  }
  if (cookies.length > 0) rawHeaders.push('cookie', cookies.join('; '))
  return { method, url, rawHeaders }
}

function isSameHost([firstName, first]: readonly string[], name: string, value: string): boolean {
  return name === 'host' && firstName === 'host' && first?.toLowerCase() === value.toLowerCase()
}
