import { once } from 'node:events'
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import type { Server, Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { CertificateAuthority, type IssuedCertificate } from '@postern/dev/x509/certificate-authority.ts'
import { WebSocketServer } from 'ws'

/** What an application saw of a request: it answers with this. */
export interface Echo {
  /** Which of the applications answered. */
  readonly app: string
  readonly method: string
  readonly path: string
  readonly version: string
  /** `Host`, or `:authority`. */
  readonly host: string
  /** Lower-case names; the values in order. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: string
  /** The name that TLS asked for, and who the client's certificate says it is. */
  readonly tls: { readonly name: unknown; readonly client: string | undefined } | undefined
}

/** How a request wants to be answered: JSON in its header `x-reply`. */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Waits so long before the first byte. */
  readonly afterMs?: number
  /** Sends the head at once and a byte each so many milliseconds, twenty times. */
  readonly dripMs?: number
}

export interface Applications extends AsyncDisposable {
  /** Plain HTTP/1.1, and WebSockets that echo. */
  readonly one: string
  readonly two: string
  /** Nobody listens there. */
  readonly dead: string
  readonly unix: string
  readonly h2c: string
  /** TLS for the name up.test, signed by `authority`. */
  readonly tls: string
  readonly tlsInSocket: string
  /** The same, and wants to see a certificate. */
  readonly mutualTls: string
  readonly authority: CertificateAuthority
  readonly clientCertificate: IssuedCertificate
}

/** Applications that echo what reached them. Sockets are made in the folder. */
export async function startApplications(folder: string): Promise<Applications> {
  await using starting = new AsyncDisposableStack()
  const authority = new CertificateAuthority('applications')
  const { certificate, key } = authority.issue({ commonName: 'up.test', dnsNames: ['up.test'], ipAddresses: [] })
  const tls = { cert: certificate, key }
  const mutualTls = { ...tls, ca: authority.certificate, requestCert: true }
  const echo =
    (app: string) =>
    (request: IncomingMessage, response: ServerResponse): void =>
      void answer(app, request, response)
  const onPort = async (scheme: string, server: Server): Promise<string> => {
    const { port } = await listen(starting, server, { port: 0, host: '127.0.0.1' })
    return `${scheme}://127.0.0.1:${String(port)}`
  }
  const onSocket = async (scheme: string, name: string, server: Server): Promise<string> => {
    const path = join(folder, name)
    await listen(starting, server, { path })
    return `${scheme}://${path}`
  }
  const running = {
    one: await onPort('http', withWebSockets(createHttp(echo('one')))),
    two: await onPort('http', withWebSockets(createHttp(echo('two')))),
    dead: await deadAddress(),
    unix: await onSocket('unix', 'app.sock', createHttp(echo('unix'))),
    h2c: await onPort('h2c', createHttp2(echo('h2c') as never)),
    tls: await onPort('https', createHttps(tls, echo('tls'))),
    tlsInSocket: await onSocket('https+unix', 'tls.sock', createHttps(tls, echo('tls-in-socket'))),
    mutualTls: await onPort('https', createHttps(mutualTls, echo('mutual-tls'))),
    authority,
    clientCertificate: authority.issue({ commonName: 'postern', dnsNames: ['postern.test'], ipAddresses: [] }),
  }
  const opened = starting.move()
  return { ...running, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

async function answer(app: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request).catch(() => '(broken off)')
  const reply = JSON.parse(headersOf(request)['x-reply']?.[0] ?? '{}') as Reply
  if (reply.afterMs !== undefined) await sleep(reply.afterMs)
  const echo = JSON.stringify(echoOf(app, request, body))
  const type = { 'content-type': 'application/json' }
  response.writeHead(reply.status ?? 200, { ...type, ...reply.headers })
  if (reply.dripMs === undefined) {
    response.end(echo)
    return
  }
  await drip(response, reply.dripMs)
  response.end(echo)
}

/** Ends at once when nobody listens any more. */
async function drip(response: ServerResponse, everyMs: number): Promise<void> {
  response.flushHeaders()
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    for (let drops = 0; drops < 20; drops += 1) {
      await sleep(everyMs, undefined, gone)
      response.write(' ')
    }
  } catch {
    // the client left, or the proxy
  }
}

function echoOf(app: string, request: IncomingMessage, body: string): Echo {
  const headers = headersOf(request)
  const { socket } = request
  return {
    app,
    method: request.method ?? '',
    path: request.url ?? '',
    version: request.httpVersion,
    host: headers['host']?.[0] ?? headers[':authority']?.[0] ?? '',
    headers,
    body,
    tls:
      socket instanceof TLSSocket
        ? { name: Reflect.get(socket, 'servername'), client: socket.getPeerX509Certificate()?.subject }
        : undefined,
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    headers[name] = [...(headers[name] ?? []), rawHeaders[at + 1] ?? '']
  }
  return headers
}

function withWebSockets(server: HttpServer): HttpServer {
  new WebSocketServer({ server }).on('connection', (socket) => {
    socket.on('message', (data) => socket.send(data as Buffer))
  })
  return server
}

async function listen(
  stack: AsyncDisposableStack,
  server: Server,
  where: { port: number; host: string } | { path: string },
): Promise<{ port: number }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(where)
  await once(server, 'listening')
  stack.defer(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
}

async function deadAddress(): Promise<string> {
  await using opening = new AsyncDisposableStack()
  const { port } = await listen(opening, createHttp(), { port: 0, host: '127.0.0.1' })
  return `http://127.0.0.1:${String(port)}`
}
