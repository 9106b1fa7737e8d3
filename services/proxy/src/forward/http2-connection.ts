import { connect, type ClientHttp2Session, type Settings } from 'node:http2'
import type { Socket } from 'node:net'
import { maxResponseHeaderBytes, maxResponseHeaders } from '../headers/response-headers.ts'
import type { Http2Stream } from './http2-stream.ts'

/** What Google's front end takes on one connection; a peer that takes fewer says so. */
export const streamsPerConnection = 100
/** What one answer may have under way to us before its client has read it. */
const streamWindowBytes = 256 * 1024
const connectionWindowBytes = 1024 * 1024
/** Firewalls and load balancers forget connections on which nothing moves after some minutes. */
const idleMs = 60_000
const keepAliveMs = 30_000
/** How long an answer may be missing before the connection itself is doubted, and how long it has to prove itself. */
const doubtMs = 5_000

const sessionOptions = {
  settings: { enablePush: false, initialWindowSize: streamWindowBytes, maxHeaderListSize: maxResponseHeaderBytes },
  peerMaxConcurrentStreams: streamsPerConnection,
  // More than may be, so that too many are counted and not cut off.
  maxHeaderListPairs: maxResponseHeaders + 100,
  strictSingleValueFields: false,
}

export interface ConnectionEvents {
  /** There may be room for another request. */
  readonly onRoom: () => void
  readonly onClose: () => void
}

/** One HTTP/2 connection to an upstream. */
export class Http2Connection {
  readonly #session: ClientHttp2Session
  readonly #scheme: 'http' | 'https'
  readonly #events: ConnectionEvents
  #streams = 0
  /** One, until the peer has said how many. */
  #allowed = 1
  #isNew = true
  #isLeaving = false
  #idleSince = performance.now()
  #idleTimer: NodeJS.Timeout | undefined
  #isDoubted = false

  /** `socket` is connected, and with TLS has agreed on HTTP/2. */
  constructor(socket: Socket, scheme: 'http' | 'https', events: ConnectionEvents) {
    socket.setKeepAlive(true, keepAliveMs)
    this.#scheme = scheme
    this.#events = events
    const session = connect(`${scheme}://localhost`, { createConnection: () => socket, ...sessionOptions })
    this.#session = session
    session.setLocalWindowSize(connectionWindowBytes)
    // Whoever is on it hears of it by itself.
    session.on('error', () => undefined)
    session.on('remoteSettings', ({ maxConcurrentStreams = streamsPerConnection }: Settings) => {
      this.#isNew = false
      this.#allowed = Math.min(maxConcurrentStreams, streamsPerConnection)
      events.onRoom()
    })
    session.once('goaway', () => (this.#isLeaving = true))
    session.once('close', () => {
      this.#isLeaving = true
      clearTimeout(this.#idleTimer)
      events.onClose()
    })
  }

  /** The peer has not said yet how many requests it takes at a time. */
  get isNew(): boolean {
    return this.#isNew && !this.#isLeaving
  }

  get hasRoom(): boolean {
    if (this.#isLeaving || this.#session.closed || this.#session.destroyed || this.#isDoubted) return false
    // Timers are late where CPU is only given during requests; by then the peer may have forgotten us.
    if (this.#streams === 0) return performance.now() - this.#idleSince < idleMs
    return this.#streams < this.#allowed
  }

  start(stream: Http2Stream): void {
    this.#streams += 1
    clearTimeout(this.#idleTimer)
    const startedAt = performance.now()
    stream.start(this.#session, this.#scheme, () => {
      this.#streams -= 1
      if (!stream.hasAnswer && performance.now() - startedAt > doubtMs) this.#doubt()
      if (this.#streams === 0) this.#becomeIdle()
      this.#events.onRoom()
    })
  }

  /** After its last request. */
  close(): void {
    this.#isLeaving = true
    this.#session.close()
  }

  destroy(): void {
    this.#session.destroy()
  }

  #becomeIdle(): void {
    this.#idleSince = performance.now()
    this.#idleTimer = setTimeout(() => this.close(), idleMs).unref()
  }

  /** Somebody waited long for nothing: is anybody there? Meanwhile nobody else is sent there. */
  #doubt(): void {
    if (this.#isDoubted || this.#session.destroyed) return
    this.#isDoubted = true
    const timer = setTimeout(() => this.#session.destroy(), doubtMs)
    this.#session.ping((error) => {
      clearTimeout(timer)
      if (error !== null) return
      this.#isDoubted = false
      this.#events.onRoom()
    })
  }
}
