import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { STATUS_CODES } from '@postern/shared/http/node-http.ts'
import { catalogue, type ErrorCode } from '@postern/shared/errors/catalogue.ts'
import { isAnswering } from '@postern/shared/http/in-turn.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { RequestIds } from '../request/request-id.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'REQUEST_HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'REQUEST_BODY_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
}

/**
 * Answers what node's parser could not read, and what asks for a tunnel: in a few words, and then the connection ends,
 * because nobody knows where the next request on it would begin.
 */
export function refuseMalformed(server: Server, requestIds: RequestIds, log: Logger): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // A body that breaks off comes here too; by then an answer may be due, and two answers must never mix.
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
      socket.destroy()
      return
    }
    const code = codes[error.code ?? ''] ?? 'REQUEST_AMBIGUOUS'
    const requestId = requestIds.next()
    log.info({ 'request-id': requestId, reason: error.code, code }, 'request refused before it could be read')
    endWith(socket, catalogue[code].http, code, requestId)
  })
  server.on('connect', (_request, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    if (isAnswering(socket)) {
      socket.destroy()
      return
    }
    endWith(socket, catalogue.METHOD_NOT_ALLOWED.http, 'METHOD_NOT_ALLOWED', requestIds.next())
  })
}

function endWith(socket: Duplex, status: number, code: ErrorCode, requestId: string): void {
  const { says, advice } = catalogue[code]
  const body = JSON.stringify({ error: says, advice, code, request_id: requestId })
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'X-Pomerium-Intercepted-Response: true',
    `Postern-Error: ${code}`,
    `X-Request-Id: ${requestId}`,
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
