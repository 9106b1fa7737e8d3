import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from '../http/node-http.ts'
import type { ListenAddress } from '../config/listen-address.ts'
import { listen } from '../http/listen.ts'

export interface HealthChecks {
  /** The process works; never depends on another service. False makes the platform restart it. */
  live(): boolean
  /** Requests can be answered now. False, a rejection, or no answer in time keeps new requests away. */
  ready(): Promise<boolean>
}

export interface HealthServer extends AsyncDisposable {
  readonly address: ListenAddress
}

export interface HealthOptions {
  /** How long `ready` may take; shorter than the period of any probe. */
  readonly readyDeadlineMs?: number
}

/**
 * Answers the platform's probes on a listener of its own, never on a route: `/.pomerium/live`, `/.pomerium/ready`
 * and `/ping`, exactly these, GET and HEAD. Says nothing about why.
 */
export async function serveHealth(
  address: ListenAddress,
  checks: HealthChecks,
  options: HealthOptions = {},
): Promise<HealthServer> {
  const { readyDeadlineMs = 1500 } = options
  const server = createServer((request, response) => {
    void answer(request, checks, readyDeadlineMs).then((status) => respond(request, response, status))
  })
  const bound = await listen(server, address, '`health_check_addr`')
  return {
    address: bound,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(request: IncomingMessage, checks: HealthChecks, readyDeadlineMs: number): Promise<number> {
  const holds = probeOf(request.url, checks, readyDeadlineMs)
  if (holds === undefined) return 404
  if (request.method !== 'GET' && request.method !== 'HEAD') return 405
  return (await holds()) ? 200 : 503
}

function probeOf(
  path: string | undefined,
  checks: HealthChecks,
  readyDeadlineMs: number,
): (() => boolean | Promise<boolean>) | undefined {
  switch (path) {
    case '/ping':
    case '/.pomerium/live':
      return () => checks.live()
    case '/.pomerium/ready':
      return () => withinDeadline(checks, readyDeadlineMs)
    default:
      return undefined
  }
}

async function withinDeadline(checks: HealthChecks, readyDeadlineMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), readyDeadlineMs)
  try {
    return await Promise.race([checks.ready(), late])
  } catch {
    return false // not being able to say is not being ready
  } finally {
    clearTimeout(timer)
  }
}

const words: Readonly<Record<number, string>> = { 200: 'OK', 404: 'Not found', 405: 'Method not allowed' }

function respond(request: IncomingMessage, response: ServerResponse, status: number): void {
  const body = words[status] ?? 'Unavailable'
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
