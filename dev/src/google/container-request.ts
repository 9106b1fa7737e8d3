import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { withoutSignature, type InvokerHeader } from './invoker-check.ts'

export type HeaderLine = readonly [name: string, value: string]

const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'http2-settings'])
const replaced = new Set(['x-forwarded-for', 'x-forwarded-proto', 'forwarded', 'traceparent', 'x-cloud-trace-context'])

/** Every header line of a request, names in lower case, HTTP/2 pseudo headers left out. */
export function headerLines(request: IncomingMessage): HeaderLine[] {
  const lines: HeaderLine[] = []
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? '').toLowerCase()
    if (!name.startsWith(':')) lines.push([name, request.rawHeaders[index + 1] ?? ''])
  }
  return lines
}

/**
 * The headers that the container gets: hop-by-hop ones dropped, the signature of the token taken off, Google's
 * forwarding and trace headers added. A repeated header stays repeated.
 */
export function containerHeaders(
  request: IncomingMessage,
  lines: readonly HeaderLine[],
  used: InvokerHeader | undefined,
): string[] {
  const client = request.socket.remoteAddress ?? 'unknown'
  const forwardedFor = [...lines.filter(([name]) => name === 'x-forwarded-for').map(([, value]) => value), client]
  const trace = randomBytes(16).toString('hex')
  const span = randomBytes(8).toString('hex')
  const kept = lines.filter(([name]) => !hopByHop.has(name) && !replaced.has(name))
  const host: HeaderLine[] = kept.some(([name]) => name === 'host') ? [] : [['host', String(request.headers.host)]]
  return [
    ...host,
    ...kept.map(([name, value]): HeaderLine => [name, name === used ? withoutSignature(value) : value]),
    ['x-forwarded-for', forwardedFor.join(', ')] as const,
    ['x-forwarded-proto', 'https'] as const,
    ['forwarded', `for="${client}";proto=https`] as const,
    ['traceparent', `00-${trace}-${span}-01`] as const,
    ['x-cloud-trace-context', `${trace}/${String(BigInt(`0x${span}`))};o=1`] as const,
  ].flat()
}

/** Paths that Google's front end answers itself. */
export function isReservedPath(path: string): boolean {
  return path === '/healthz' || path === '/eventlog' || path.startsWith('/_ah/')
}
