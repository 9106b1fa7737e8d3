import type { OutgoingHttpHeaders } from 'node:http'
import type { DownstreamRequest } from '../listener/downstream.ts'
import type { Visit } from '../log/visit.ts'

/** What Postern itself says. */
export interface Answer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: string
  /** In place of what the configuration puts on every answer of ours. Lower-case names. */
  readonly defaults?: OutgoingHttpHeaders
  /** End the connection with it: the next byte on it could be anything. */
  readonly closes?: boolean
}

/** Statuses whose answers have neither a body nor a length (RFC 9110 §8.6). */
const bodiless: ReadonlySet<number> = new Set([204, 304])

/** What a client may still send of a body that nobody wants, before its connection is ended. */
const maxDiscardedBytes = 1024 * 1024
const maxDiscardMs = 5_000

/** Every answer of our own says so, so that "our 403" and "the application's 403" are never confused. */
export function ownHeaders(requestId: string): OutgoingHttpHeaders {
  return { 'cache-control': 'no-store', 'x-pomerium-intercepted-response': 'true', 'x-request-id': requestId }
}

/** Writes an answer of our own and deals with what is left of the request. */
export function giveAnswer(visit: Visit, answer: Answer): void {
  const { request, response } = visit
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const body = Buffer.from(answer.body)
  response.writeHead(answer.status, {
    ...(answer.defaults ?? visit.state.ownAnswerHeaders),
    ...answer.headers,
    ...(bodiless.has(answer.status) ? {} : { 'content-length': body.length }),
    ...(answer.closes === true ? { connection: 'close' } : {}),
  })
  visit.bytes = request.method === 'HEAD' ? 0 : body.length
  response.end(request.method === 'HEAD' ? undefined : body)
  // Over HTTP/2 every stream is framed by itself: the connection goes on.
  if (answer.closes !== true || request.hasBody !== undefined) discardBody(request)
}

/**
 * Reads and drops the rest of a request's body, within bounds: closing at once would reset the connection under the
 * answer (RFC 9112 §9.6), reading on for ever would be an invitation.
 */
export function discardBody(request: DownstreamRequest): void {
  if (request.destroyed) return
  if (request.hasBody !== undefined) {
    // Over HTTP/2 the answer is safe from that, and a stream is only over when everything in it has been read.
    if (request.complete) request.resume()
    else request.destroy()
    return
  }
  if (request.complete) return
  let left = maxDiscardedBytes
  const timer = setTimeout(() => request.destroy(), maxDiscardMs)
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) request.destroy()
  })
  request.once('close', () => clearTimeout(timer))
  request.once('end', () => clearTimeout(timer))
  request.resume()
}
