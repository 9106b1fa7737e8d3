import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { createServer as createHttpServer } from '../http/node-http.ts'
import type { ListenAddress } from '../config/listen-address.ts'
import type { MetricsConfig } from '../config/metrics-config.ts'
import { secretsEqual } from '../crypto/equal.ts'
import { listen } from '../http/listen.ts'
import type { Live } from '../lifecycle/live.ts'
import type { Logger } from '../log/logger.ts'
import type { Secret } from '../secret.ts'
import type { Metrics } from './metrics.ts'
import { prometheusExposition, type Exposition } from './prometheus.ts'

export interface MetricsServer extends AsyncDisposable {
  readonly address: ListenAddress
}

export interface MetricsServerDeps {
  readonly metrics: Metrics
  readonly log: Logger
  readonly stallMs?: number
}

const limits: ServerOptions = {
  requestTimeout: 10_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  // Longer than the usual minute between two scrapes.
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
}
const maxConnections = 64
/** As long as nothing moves on a connection with a request under way, or before one: others wait for its place. */
const defaultStallMs = 15_000
const handshakeTimeout = 10_000

/**
 * A listener of its own for Prometheus, never on a route: `/metrics`, GET and HEAD, and nothing else. Password,
 * certificate and authorities may change while it is open; whether it speaks TLS, and whether it asks for
 * certificates, may not.
 */
export async function serveMetrics(
  config: Live<MetricsConfig>,
  { metrics, log, stallMs = defaultStallMs }: MetricsServerDeps,
): Promise<MetricsServer> {
  await using starting = new AsyncDisposableStack()
  const exposition = prometheusExposition(metrics)
  const answering = new WeakSet<Socket>()
  const server = createServer(config, starting, (request, response) => {
    const { socket } = request
    // Node hands out pipelined requests all at once; each answer would wait in memory for a client that need not read.
    if (answering.has(socket)) {
      socket.destroy()
      return
    }
    answering.add(socket)
    response.once('close', () => answering.delete(socket))
    const status = statusOf(request, config.current.basicAuth)
    if (status !== 200) refuse(response, status)
    else void answer(request, response, exposition, log)
  })
  server.maxConnections = maxConnections
  server.timeout = stallMs
  const address = await listen(server, config.current.listen, '`metrics_address`')
  starting.defer(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  })
  const running = starting.move()
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

function createServer(config: Live<MetricsConfig>, stack: AsyncDisposableStack, listener: Listener): Server {
  const context = secureContext(config.current)
  if (context === undefined) return createHttpServer(limits, listener)
  const requestCert = config.current.clientCa !== undefined
  const options = { ...limits, ...context, requestCert, rejectUnauthorized: true, handshakeTimeout }
  const server = createHttpsServer(options, listener)
  stack.use(
    config.subscribe((next) => {
      const replacement = secureContext(next)
      if (replacement !== undefined) server.setSecureContext(replacement)
    }),
  )
  return server
}

function secureContext({ certificate: pair, clientCa }: MetricsConfig): SecureContextOptions | undefined {
  if (pair === undefined) return undefined
  const own = { cert: pair.certificate, key: pair.key.reveal(), minVersion: 'TLSv1.2' } as const
  return clientCa === undefined ? own : { ...own, ca: clientCa }
}

type Status = 200 | 401 | 404 | 405

/** Whoever may not read hears nothing about what is here. */
function statusOf({ method, url, headers }: IncomingMessage, basicAuth: Secret | undefined): Status {
  if (basicAuth !== undefined && !isAuthorized(headers.authorization, basicAuth)) return 401
  if (url?.split('?', 1)[0] !== '/metrics') return 404
  return method === 'GET' || method === 'HEAD' ? 200 : 405
}

/** RFC 7617. */
function isAuthorized(authorization: string | undefined, expected: Secret): boolean {
  const [, presented] = /^basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '') ?? []
  return presented !== undefined && secretsEqual(Buffer.from(presented, 'base64'), expected.reveal())
}

const refusals: Readonly<
  Record<Exclude<Status, 200>, readonly [body: string, headers: Readonly<Record<string, string>>]>
> = {
  401: ['Unauthorized\n', { 'www-authenticate': 'Basic realm="metrics", charset="UTF-8"' }],
  404: ['Not found\n', {}],
  405: ['Method not allowed\n', { allow: 'GET, HEAD' }],
}

function refuse(response: ServerResponse, status: Exclude<Status, 200>): void {
  const [body, headers] = refusals[status]
  send(response, { status, type: 'text/plain; charset=utf-8', body, headers: { ...headers, connection: 'close' } })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  exposition: Exposition,
  log: Logger,
): Promise<void> {
  try {
    const text = await exposition.render()
    const body = Buffer.from(text)
    const headers = { 'content-length': body.length }
    send(response, { status: 200, type: exposition.contentType, body: request.method === 'HEAD' ? '' : body, headers })
  } catch (error) {
    log.error({ error }, 'the metrics could not be written')
    send(response, { status: 500, type: 'text/plain; charset=utf-8', body: '', headers: {} })
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers: Readonly<Record<string, string | number>>
}

function send(response: ServerResponse, { status, type, body, headers }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(body)
}
