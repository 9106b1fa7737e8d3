import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

export interface ServeOptions {
  /** Default: loopback. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** PEM. With it: HTTP/2 and HTTP/1.1 over TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Whether `GET /_stand-in/requests` tells what arrived, for tests in another process. */
  readonly control?: boolean
  /** For WebSockets; without it, upgrade requests are answered like any other. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

export interface Serving extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:PORT`, or `https://`. */
  readonly url: string
}

/** Serves until disposed; disposing cuts open connections, for a stand-in has nothing worth draining. */
export async function serve(handler: RequestListener, options: ServeOptions = {}): Promise<Serving> {
  const server = options.tls === undefined ? createServer(handler) : secureServer(handler, options.tls)
  if (options.upgrade !== undefined) server.on('upgrade', options.upgrade)
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket: { destroy(): void; once(event: 'close', listener: () => void): void }) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const host = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** The compatibility API of `node:http2` hands the same request and response objects to the same listener. */
function secureServer(handler: RequestListener, tls: { readonly certificate: string; readonly key: string }): Server {
  const server = createSecureServer({ cert: tls.certificate, key: tls.key, allowHTTP1: true }, handler as never)
  return server as unknown as Server
}

/** Answers a question about the requests so far, where that is allowed; false: it was no such question. */
export function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  requests: readonly unknown[],
  options: ServeOptions,
): boolean {
  if (options.control !== true || request.url !== '/_stand-in/requests') return false
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(requests))
  return true
}
