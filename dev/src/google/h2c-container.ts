import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { connect, constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'

/** HTTP/2 has its own ways for these. */
const http1Only = new Set(['host', 'transfer-encoding', 'connection'])

/**
 * Hands a request to a container that speaks HTTP/2 without TLS, as Cloud Run does for services with a port named
 * `h2c`: both ways at once, trailers kept. What gRPC needs.
 */
export function forwardToH2c(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  headers: readonly string[],
  container: string,
): void {
  // The compatibility API of `node:http2` poses as that of `node:http`.
  const request = incoming as unknown as Http2ServerRequest
  const response = outgoing as unknown as Http2ServerResponse
  const { stream } = response
  const session = connect(container)
  const onward = session.request({
    ':method': request.method,
    ':path': request.url,
    ':authority': request.authority,
    te: 'trailers',
    ...toRecord(headers),
  })
  const end = (): void => {
    onward.close(constants.NGHTTP2_CANCEL)
    session.destroy()
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }
  session.once('error', end)
  onward.once('error', end)
  onward.once('response', (answer, flags) => {
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
      stream.respond(answer, { endStream: true })
      return
    }
    const kept = Object.entries(answer).filter(([name]) => !name.startsWith(':'))
    outgoing.writeHead(answer[':status'] ?? 502, Object.fromEntries(kept))
    outgoing.flushHeaders()
    onward.pipe(outgoing)
  })
  onward.once('trailers', (received: IncomingHttpHeaders) => {
    outgoing.addTrailers(Object.fromEntries(Object.entries(received).map(([name, value]) => [name, String(value)])))
  })
  onward.once('end', () => session.close())
  stream.once('close', () => {
    onward.close(constants.NGHTTP2_CANCEL)
    session.close()
  })
  request.pipe(onward)
}

function toRecord(headers: readonly string[]): Record<string, string[]> {
  const record: Record<string, string[]> = {}
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (!http1Only.has(name)) (record[name] ??= []).push(headers[index + 1] ?? '')
  }
  return record
}
