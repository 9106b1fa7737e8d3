import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Dispatcher } from 'undici'
import { Http2Connection, streamsPerConnection } from './http2-connection.ts'
import { Http2Failure } from './http2-failure.ts'
import { Http2Stream, type Http2Outgoing } from './http2-stream.ts'
import { isTls, serverNameOf, socketPathOf, tlsOptions, type UpstreamAddress } from './upstream-address.ts'

const connectTimeoutMs = 5_000
const maxConnections = 64
/** How long an upstream that only speaks HTTP/1.1 is believed to go on so. */
const http1MemoryMs = 10 * 60_000

interface Waiting {
  readonly stream: Http2Stream
  readonly sendByHttp1: () => void
}

/** The HTTP/2 connections to one upstream: as few as will do, each for up to a hundred requests at a time. */
export class Http2Pool {
  readonly #address: UpstreamAddress
  readonly #connections = new Set<Http2Connection>()
  #waiting: Waiting[] = []
  #connecting = 0
  #speaksHttp1UntilMs = 0
  #isClosed = false

  constructor(address: UpstreamAddress) {
    this.#address = address
  }

  /** Not while it is known that the upstream would only agree to HTTP/1.1. */
  get isSpoken(): boolean {
    return performance.now() >= this.#speaksHttp1UntilMs
  }

  /** `sendByHttp1` is called instead when it turns out that the upstream does not speak HTTP/2. */
  dispatch(outgoing: Http2Outgoing, handler: Dispatcher.DispatchHandler, sendByHttp1: () => void): void {
    this.#waiting.push({ stream: new Http2Stream(outgoing, handler), sendByHttp1 })
    this.#startWaiting()
  }

  /** Every request is through. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#connections) connection.close()
  }

  destroy(): void {
    this.#isClosed = true
    for (const connection of this.#connections) connection.destroy()
  }

  #startWaiting(): void {
    this.#waiting = this.#waiting.filter(({ stream }) => !stream.isSettled)
    for (const connection of this.#connections) {
      while (connection.hasRoom) {
        const next = this.#waiting.shift()
        if (next === undefined) return
        connection.start(next.stream)
      }
    }
    if (this.#waiting.length === 0) return
    const isNew = [...this.#connections].filter((connection) => connection.isNew).length
    const wanted = Math.ceil(this.#waiting.length / streamsPerConnection) - isNew
    while (this.#connecting < wanted && this.#connections.size + this.#connecting < maxConnections) this.#connect()
  }

  #connect(): void {
    this.#connecting += 1
    openSocket(this.#address).then(
      (socket) => {
        this.#connecting -= 1
        this.#useConnection(socket)
      },
      (error: unknown) => {
        this.#connecting -= 1
        this.#giveUp(error instanceof Error ? error : new Http2Failure('H2_CONNECTION_LOST', String(error)))
      },
    )
  }

  #useConnection(socket: Socket | TLSSocket): void {
    if (this.#isClosed) {
      socket.destroy()
      return
    }
    if ('alpnProtocol' in socket && socket.alpnProtocol !== 'h2') {
      socket.destroy()
      this.#useHttp1()
      return
    }
    const connection: Http2Connection = new Http2Connection(socket, isTls(this.#address) ? 'https' : 'http', {
      onRoom: () => this.#startWaiting(),
      onClose: () => {
        this.#connections.delete(connection)
        this.#startWaiting()
      },
    })
    this.#connections.add(connection)
    this.#startWaiting()
  }

  #useHttp1(): void {
    this.#speaksHttp1UntilMs = performance.now() + http1MemoryMs
    for (const { stream, sendByHttp1 } of this.#waiting.splice(0)) if (!stream.isSettled) sendByHttp1()
  }

  /** Where another connection is open or about to be, requests wait for that one. */
  #giveUp(error: Error): void {
    if (this.#connecting > 0 || this.#connections.size > 0) return
    for (const { stream } of this.#waiting.splice(0)) stream.fail(error)
  }
}

/** A connected socket; with TLS the peer has proved who it is. */
function openSocket(address: UpstreamAddress): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const withTls = isTls(address)
  const socket = withTls ? connectTls({ ...placeOf(address), ...securityOf(address) }) : connectTcp(placeOf(address))
  const timer = setTimeout(() => socket.destroy(new ConnectTimeout('no connection in time')), connectTimeoutMs)
  const onClose = (): void => reject(new Http2Failure('H2_CONNECTION_LOST', 'closed before it was connected'))
  socket.once('error', reject)
  socket.once('close', onClose)
  socket.once(withTls ? 'secureConnect' : 'connect', () => {
    socket.off('error', reject).off('close', onClose)
    resolve(socket)
  })
  return promise.finally(() => clearTimeout(timer))
}

class ConnectTimeout extends Error {
  readonly code = 'ETIMEDOUT'
}

/** `localhost` is the loopback address, whatever a resolver says (pomerium-facts §2.4). */
function placeOf(
  address: UpstreamAddress,
): { readonly path: string } | { readonly host: string; readonly port: number } {
  const { url } = address
  const path = socketPathOf(address)
  if (path !== undefined) return { path }
  const host = url.hostname === 'localhost' ? '127.0.0.1' : url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { host, port }
}

function securityOf(address: UpstreamAddress) {
  const servername = serverNameOf(address)
  return {
    ALPNProtocols: ['h2', 'http/1.1'],
    rejectUnauthorized: !address.skipVerify,
    ...(servername === undefined ? {} : { servername }),
    ...tlsOptions(address),
  }
}
