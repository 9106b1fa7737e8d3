import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { createProxyServer, type ServerOptions } from 'http-proxy'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { buildResponseHeaders, type ResponseHeaderPlan } from '../headers/response-headers.ts'
import { maxInterimResponses } from '../forward/upstream-exchange.ts'
import { upstreamFailure } from '../forward/upstream-failure.ts'
import { closeTogether, endTogether } from './paired-sockets.ts'

export interface TunnelRequest {
  /** What the client sent behind its handshake, before anybody answered. */
  readonly early: Buffer
  readonly path: string
  /** Complete; `connection` and `upgrade` among them. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly options: ServerOptions
  readonly responsePlan: ResponseHeaderPlan
  readonly requestId: string
}

export type TunnelOutcome =
  | { readonly kind: 'open'; readonly tunnel: WebSocketTunnel }
  /** The upstream did not switch protocols: its answer, still to be read. */
  | { readonly kind: 'answered'; readonly answer: IncomingMessage }
  /** Nothing was sent to the client: it can still be told. */
  | { readonly kind: 'failed'; readonly error: PosternError }

/** Two sockets that live and die together. */
export interface WebSocketTunnel {
  readonly closed: Promise<void>
  /** Sends the client a close frame with this code, then ends both sides. */
  goAway(code: number): void
  destroy(): void
}

const handshakeTimeoutMs = 30_000

/** What `http-proxy` is given for a request: made by us from the first to the last byte. */
type PreparedRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'httpVersion' | 'httpVersionMajor'>

const proxy = createProxyServer({ xfwd: false, prependPath: false, toProxy: true })
const started = new WeakMap<object, ClientRequest>()
proxy.on('proxyReqWs', (upstreamRequest, prepared) => {
  started.set(prepared, upstreamRequest)
  // The library joins slashes; the upstream sees the path that was decided about.
  upstreamRequest.path = prepared.url ?? '/'
})
// Every failure is taken from the sockets themselves; without a listener the library's own event would be thrown.
proxy.on('error', () => undefined)

/**
 * Asks the upstream to switch to WebSocket and, if it does, ties both sockets together. `response` is bound to the
 * client's socket and lets go of it when the tunnel opens.
 */
export function openTunnel(request: TunnelRequest, socket: Socket, response: ServerResponse): Promise<TunnelOutcome> {
  const { promise, resolve } = Promise.withResolvers<TunnelOutcome>()
  const prepared: PreparedRequest = {
    method: 'GET',
    url: request.path,
    headers: { ...request.headers },
    httpVersion: '1.1',
    httpVersionMajor: 1,
  }
  proxy.ws(prepared as IncomingMessage, socket, request.early, request.options)
  const upstreamRequest = started.get(prepared)
  if (upstreamRequest === undefined) throw new PosternError('INTERNAL', 'the upgrade was not started')
  const fail = (error: unknown): void => {
    upstreamRequest.destroy()
    resolve({ kind: 'failed', error: upstreamFailure(error) })
  }
  const timer = setTimeout(
    () => fail(new PosternError('UPSTREAM_TIMEOUT', 'no answer to the upgrade')),
    handshakeTimeoutMs,
  )
  const clientLeft = (): void => fail(new PosternError('UPSTREAM_RESET', 'the client left before the upgrade'))
  socket.once('close', clientLeft)
  socket.once('end', clientLeft)
  void promise.then(() => {
    clearTimeout(timer)
    socket.off('close', clientLeft)
    socket.off('end', clientLeft)
  })
  // The library ends the client's socket on failures and relays refusals with their old framing; we do neither.
  upstreamRequest.removeAllListeners('error').on('error', fail)
  upstreamRequest.removeAllListeners('response').on('response', (answer) => resolve({ kind: 'answered', answer }))
  upstreamRequest.maxHeadersCount = 0
  let interimResponses = 0
  upstreamRequest.on('information', () => {
    interimResponses += 1
    if (interimResponses > maxInterimResponses)
      fail(new PosternError('UPSTREAM_PROTOCOL', 'too many interim responses'))
  })
  const join = upstreamRequest.listeners('upgrade')
  upstreamRequest.removeAllListeners('upgrade')
  upstreamRequest.on('upgrade', (answer: IncomingMessage, upstreamSocket: Socket, early: Buffer) => {
    const headers = switchingHeaders(answer, request)
    if (headers === undefined) {
      upstreamSocket.destroy()
      fail(new PosternError('UPSTREAM_PROTOCOL', 'the upstream switched to another protocol'))
      return
    }
    answer.headers = headers
    response.detachSocket(socket)
    for (const listener of join) listener.call(upstreamRequest, answer, upstreamSocket, early)
    resolve({ kind: 'open', tunnel: tie(socket, upstreamSocket) })
  })
  return promise
}

/** The upstream's 101, cleaned like any other answer; `undefined` when it agreed to something else. */
function switchingHeaders(answer: IncomingMessage, request: TunnelRequest): IncomingMessage['headers'] | undefined {
  if (answer.headers.upgrade?.toLowerCase() !== 'websocket') return undefined
  const list = buildResponseHeaders(answer.rawHeaders, request.responsePlan, request.requestId)
  return list && { ...toRecord(list), connection: 'Upgrade', upgrade: 'websocket' }
}

/** A header list as a record; repeats become arrays, first spelling kept. */
export function toRecord(list: readonly string[]): Record<string, string | string[]> {
  const names = new Map<string, string>()
  const record: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>
  for (let at = 0; at < list.length; at += 2) {
    const [sent = '', value = ''] = list.slice(at, at + 2)
    const name = names.get(sent.toLowerCase()) ?? sent
    names.set(sent.toLowerCase(), name)
    const before = record[name]
    record[name] = before === undefined ? value : [before, value].flat()
  }
  return record
}

function tie(socket: Socket, upstreamSocket: Socket): WebSocketTunnel {
  const closed = closeTogether(socket, upstreamSocket)
  return {
    closed,
    goAway: (code) => endTogether(socket, upstreamSocket, code),
    destroy: () => {
      socket.destroy()
      upstreamSocket.destroy()
    },
  }
}
