import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { JSONWebKeySet } from 'jose'
import { systemClock, type Clock } from '@postern/shared/clock.ts'
import { containerHeaders, headerLines, isReservedPath, type HeaderLine } from './google/container-request.ts'
import { sendFrontEndPage } from './google/front-end-pages.ts'
import { forwardToH2c } from './google/h2c-container.ts'
import { InvokerCheck, type InvokerHeader, type InvokerPolicy } from './google/invoker-check.ts'
import { answerControl, serve, type ServeOptions } from './serve.ts'

/** A stand-in for one Cloud Run service: Google's front end, and a container behind it. */
export interface CloudRun extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Every request that arrived at the front end, in order. */
  readonly requests: readonly CloudRunRequest[]
  forgetRequests(): void
  /** Who may invoke from now on: an IAM change. */
  allow(invokers: InvokerPolicy['invokers']): void
}

export interface CloudRunRequest {
  readonly method: string
  readonly path: string
  readonly host: string
  /** Every header line as it arrived, names in lower case. */
  readonly headers: readonly HeaderLine[]
  /** Whether it reached the container; otherwise what the front end answered, and why. */
  readonly outcome: 'forwarded' | { readonly status: number; readonly why: string }
  /** Where the token was that counted. */
  readonly header: InvokerHeader | undefined
}

export interface CloudRunOptions extends ServeOptions, InvokerPolicy {
  /** Google's keys. */
  readonly keySet: JSONWebKeySet
  /** The container: `http://127.0.0.1:PORT`. */
  readonly container: string
  /** The container's port is named `h2c`: it speaks HTTP/2 without TLS. Needs `tls`, so that clients can too. */
  readonly h2c?: boolean
  /** Host names (without port) that lead to the service; any, when left out. */
  readonly hosts?: readonly string[]
  /** Default: five minutes, as on Cloud Run. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

const maxHttp1Body = 32 * 1024 * 1024

export async function startCloudRun(options: CloudRunOptions): Promise<CloudRun> {
  const requests: CloudRunRequest[] = []
  let check = invokerCheck(options)

  /** Google's part. Answers the headers for the container, or the status to refuse with. */
  async function admit(request: IncomingMessage): Promise<readonly string[] | number> {
    const lines = headerLines(request)
    const verdict = refusedByFrontEnd(request, options) ?? (await check.check(lines))
    const admitted = verdict.kind === 'invoked'
    requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      host: hostOf(request),
      headers: lines,
      outcome: admitted ? 'forwarded' : { status: verdict.status, why: verdict.why },
      header: admitted ? verdict.header : undefined,
    })
    return admitted ? containerHeaders(request, lines, verdict.header) : verdict.status
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (answerControl(request, response, requests, options)) return
    const admitted = await admit(request)
    if (typeof admitted === 'number') return sendFrontEndPage(response, admitted, request.url ?? '')
    if (options.h2c === true) forwardToH2c(request, response, admitted, options.container)
    else await forward(request, response, admitted, options)
  }

  const serving = await serve((request, response) => void respond(request, response), {
    ...options,
    upgrade: (request, socket, head) => {
      void admit(request).then((admitted) => {
        if (typeof admitted !== 'number') tunnel(request, socket, head, admitted, options)
        else socket.end(`HTTP/1.1 ${String(admitted)} Refused\r\nserver: Google Frontend\r\nconnection: close\r\n\r\n`)
      })
    },
  })
  return {
    url: serving.url,
    port: serving.port,
    requests,
    forgetRequests: () => {
      requests.length = 0
    },
    allow: (invokers) => {
      check = invokerCheck({ ...options, invokers })
    },
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  }
}

function invokerCheck(options: CloudRunOptions): InvokerCheck {
  return new InvokerCheck(options, options.keySet, options.clock ?? systemClock)
}

/** What never gets as far as the IAM check. */
function refusedByFrontEnd(request: IncomingMessage, options: CloudRunOptions) {
  const refused = (status: number, why: string) => ({ kind: 'refused', status, why }) as const
  if (request.method === 'TRACE' || request.method === 'CONNECT') return refused(405, 'method not delivered')
  if (options.hosts !== undefined && !options.hosts.includes(hostOf(request).replace(/:\d+$/, ''))) {
    return refused(404, 'no service at this host')
  }
  if (isReservedPath(request.url ?? '')) return refused(404, 'path reserved by Cloud Run')
  const tooLarge = request.httpVersionMajor === 1 && Number(request.headers['content-length'] ?? 0) > maxHttp1Body
  return tooLarge ? refused(413, 'HTTP/1 request over 32 MiB') : undefined
}

function hostOf(request: IncomingMessage): string {
  const authority = request.headers[':authority']
  return request.headers.host ?? (typeof authority === 'string' ? authority : '')
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  headers: readonly string[],
  options: CloudRunOptions,
): Promise<void> {
  const deadline = AbortSignal.timeout(options.timeoutMs ?? 300_000)
  const onward = httpRequest(options.container, {
    method: request.method,
    path: request.url,
    headers: [...headers],
    signal: deadline,
  })
  response.once('close', () => onward.destroy())
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    onward.once('response', resolve)
    onward.on('error', reject)
  })
  try {
    await Promise.all([pipeline(request, onward), answered.then((answer) => relay(answer, response, request))])
  } catch {
    if (response.headersSent) response.destroy()
    else sendFrontEndPage(response, deadline.aborted ? 504 : 503, request.url ?? '')
  }
}

async function relay(answer: IncomingMessage, response: ServerResponse, request: IncomingMessage): Promise<void> {
  const raw = answer.rawHeaders
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    if (name === 'connection' || name === 'keep-alive') continue
    if (name === 'transfer-encoding' && request.httpVersionMajor === 2) continue
    response.appendHeader(name, raw[index + 1] ?? '')
  }
  response.writeHead(answer.statusCode ?? 502)
  await pipeline(answer, response)
}

/** A WebSocket, once admitted, is bytes both ways. */
function tunnel(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  headers: readonly string[],
  options: CloudRunOptions,
): void {
  const upgrade = ['connection', 'Upgrade', 'upgrade', request.headers.upgrade ?? 'websocket']
  const onward = httpRequest(options.container, { path: request.url, headers: [...headers, ...upgrade] })
  const end = () => {
    socket.destroy()
    onward.destroy()
  }
  onward.once('error', end)
  onward.once('response', end) // the container did not want it
  onward.once('upgrade', (answer, upstream, first) => {
    const lines = answer.rawHeaders.flatMap((text, index) =>
      index % 2 === 0 ? [`${text}: ${String(answer.rawHeaders[index + 1])}`] : [],
    )
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
    socket.write(first)
    upstream.write(head)
    void pipeline(upstream, socket, upstream).catch(end)
  })
  socket.once('error', end)
  socket.once('close', end)
  onward.end()
}
