import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { ProxyConfig } from '@postern/shared/config/model.ts'
import type { Drain } from '@postern/shared/http/drain.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { Http2Request } from './http2-request.ts'
import { Http2Response } from './http2-response.ts'

export interface Http2Deps {
  readonly serve: (request: Http2Request, response: Http2Response) => void
  readonly drain: Pick<Drain, 'trackConnection'>
  readonly log: Logger
  readonly limits: ProxyConfig['limits']
  /** Without any request under way, in the current configuration. 0: none. */
  readonly idleTimeoutMs: () => number
  /** For the first request of a connection. */
  readonly firstRequestTimeoutMs: number
}

/** What Google's front end allows its clients, too. */
const maxConcurrentStreams = 100
/** What one stream may hold here while nobody reads it; times the streams, what one client may hold. */
const streamWindowBytes = 256 * 1024
const connectionWindowBytes = 1024 * 1024
/** Streams that a client may take back at once, and per second from then on (CVE-2023-44487). */
const streamResetBurst = 200
const streamResetRate = 33
/** Cookies come one to a field, so there may be more fields than headers. */
const maxCookieFields = 300
/** PING and SETTINGS frames within ten seconds. Each has to be answered. */
const maxControlFrames = 1_000
const controlFrameWindowMs = 10_000
/** From the end of a connection to its socket's, where the client does not end it. */
const lingerMs = 1_000

/** Takes over connections that speak HTTP/2, with or without TLS, and hands out their streams as requests. */
export class Http2Connections {
  readonly #deps: Http2Deps

  constructor(deps: Http2Deps) {
    this.#deps = deps
  }

  accept(socket: Socket): void {
    // nghttp2 refuses by itself what HTTP/2 calls malformed, and floods of frames that only it sees.
    const session = performServerHandshake(socket, sessionOptions(this.#deps.limits))
    new Http2Connection(session, socket, this.#deps).start()
  }
}

function sessionOptions({ maxHeaderCount, maxHeaderBytes }: ProxyConfig['limits']): SessionOptions {
  return {
    settings: {
      enablePush: false,
      // Extended CONNECT (RFC 8441) is not offered: WebSockets come by HTTP/1.1, as browsers do it then by themselves.
      enableConnectProtocol: false,
      maxConcurrentStreams,
      initialWindowSize: streamWindowBytes,
      // Twice what is accepted, so that a client that sends too much is told with 431 and not only cut off.
      maxHeaderListSize: maxHeaderBytes * 2,
    },
    maxHeaderListPairs: maxHeaderCount * 2 + maxCookieFields,
    streamResetBurst,
    streamResetRate,
    // Which headers may come once is for their reader to say; a list in raw form hides nothing.
    strictSingleValueFields: false,
  }
}

type SessionOptions = NonNullable<Parameters<typeof performServerHandshake>[1]>

class Http2Connection {
  readonly #session: ServerHttp2Session
  readonly #socket: Socket
  readonly #deps: Http2Deps
  #streams = 0
  #isClosing = false
  #idleTimer: NodeJS.Timeout | undefined
  #controlFrames = 0
  #controlFramesSince = performance.now()

  constructor(session: ServerHttp2Session, socket: Socket, deps: Http2Deps) {
    this.#session = session
    this.#socket = socket
    this.#deps = deps
  }

  start(): void {
    const session = this.#session
    const tracked = this.#deps.drain.trackConnection({ goAway: this.#close, destroy: () => this.#socket.destroy() })
    session.on('error', (error) => this.#deps.log.debug({ error }, 'HTTP/2 connection failed'))
    session.on('stream', this.#onStream)
    session.on('ping', this.#countControlFrame)
    session.on('remoteSettings', this.#countControlFrame)
    session.once('close', () => {
      clearTimeout(this.#idleTimer)
      tracked[Symbol.dispose]()
    })
    session.setLocalWindowSize(connectionWindowBytes)
    // Half a connection is none: nobody could still be told that a request ended well.
    this.#socket.once('end', () => session.destroy())
    this.#closeAfter(this.#deps.firstRequestTimeoutMs)
  }

  readonly #onStream = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: string[],
  ): void => {
    // A client may have taken its request back before we heard of it.
    if (stream.destroyed || stream.closed) {
      stream.on('error', () => undefined)
      return
    }
    this.#streams += 1
    clearTimeout(this.#idleTimer)
    stream.once('close', () => {
      this.#streams -= 1
      if (this.#streams > 0) return
      if (this.#isClosing) this.#linger()
      else this.#closeAfter(this.#deps.idleTimeoutMs())
    })
    const response = new Http2Response(stream, headers[constants.HTTP2_HEADER_METHOD] === 'HEAD')
    const request = new Http2Request({ stream, headers, rawHeaders, socket: this.#socket }, response)
    this.#deps.serve(request, response)
  }

  #closeAfter(ms: number): void {
    clearTimeout(this.#idleTimer)
    if (ms > 0 && !this.#socket.destroyed) this.#idleTimer = setTimeout(this.#close, ms)
  }

  /**
   * Takes no new stream, finishes those there are, and then does not wait for the client to close. GOAWAY names the last
   * one, so a client knows which requests to ask again elsewhere (RFC 9113 §6.8).
   */
  readonly #close = (): void => {
    if (this.#isClosing) return
    this.#isClosing = true
    if (!this.#session.destroyed) this.#session.close()
    if (this.#streams === 0) this.#linger()
  }

  #linger(): void {
    const timer = setTimeout(() => this.#socket.destroy(), lingerMs)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  readonly #countControlFrame = (): void => {
    const now = performance.now()
    if (now - this.#controlFramesSince > controlFrameWindowMs) {
      this.#controlFramesSince = now
      this.#controlFrames = 0
    }
    this.#controlFrames += 1
    if (this.#controlFrames <= maxControlFrames) return
    this.#deps.log.info({ frames: this.#controlFrames }, 'HTTP/2 connection ended: too many PING or SETTINGS frames')
    this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM)
  }
}
