import type { IncomingHttpHeaders } from 'node:http'
import type { PeerCertificate } from 'node:tls'
import { request } from '@postern/shared/http/node-http.ts'
import { codeOf, connect, unlessAborted, type ConnectDeps, type Destination, type Failed } from './connect.ts'

/** More of a body than this tells nobody anything. */
const maxBodyBytes = 65_536

export interface HttpAnswer {
  readonly kind: 'answered'
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The beginning of it. */
  readonly body: string
  readonly addresses: readonly string[]
  readonly certificate: PeerCertificate | undefined
  readonly sentMs: number
  readonly answeredMs: number
}

export interface Question {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Left out: Node's authorities, and the name in the URL. */
  readonly tls?: NonNullable<Destination['tls']>
}

/** One GET over HTTP/1.1 that follows no redirect, keeps nothing open and reads a bounded piece of the body. */
export async function ask(
  question: Question,
  deps: ConnectDeps & { readonly now: () => number },
): Promise<HttpAnswer | Failed> {
  const { url, headers = {}, tls = {} } = question
  const isSecure = url.protocol === 'https:'
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  const connection = await connect({ host: url.hostname, port, ...(isSecure ? { tls } : {}) }, deps)
  if (connection.kind === 'failed') return connection
  const { socket, addresses, certificate } = connection
  const sentMs = deps.now()
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const sent = request({
    createConnection: () => socket,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, accept: '*/*', 'user-agent': 'postern-doctor', connection: 'close', ...headers },
  })
  sent.on('error', reject)
  sent.once('response', (response) => {
    const answeredMs = deps.now()
    const pieces: Buffer[] = []
    let size = 0
    const finish = (): void => {
      const { statusCode: status = 0 } = response
      const body = Buffer.concat(pieces).toString('utf8')
      resolve({ kind: 'answered', status, headers: response.headers, body, addresses, certificate, sentMs, answeredMs })
    }
    response.on('error', reject)
    response.on('data', (piece: Buffer) => {
      size += piece.length
      pieces.push(piece)
      if (size > maxBodyBytes) finish()
    })
    response.once('end', finish)
  })
  sent.end()
  try {
    return await unlessAborted(promise, deps.signal)
  } catch (error) {
    return { kind: 'failed', step: 'http', code: codeOf(error), addresses, ...(certificate ? { certificate } : {}) }
  } finally {
    socket.destroy()
  }
}
