import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

/*
 * The yardstick: the least a correct Node forwarder does. Headers both ways without those that belong to one connection,
 * bodies streamed both ways with back-pressure, kept-alive connections on both sides, 502 when the upstream fails, the
 * upstream's request ended when the client leaves. No policy, no identity, no guards, no log. Node's own settings.
 */
const pool = new Pool(process.argv[2] ?? '', { connections: 64, headersTimeout: 0, bodyTimeout: 0 })

const server = createServer((request, response) => {
  const { host: _, connection: __, 'keep-alive': ___, 'transfer-encoding': chunked, ...headers } = request.headers
  const hasBody = chunked !== undefined || headers['content-length'] !== undefined
  const body = hasBody ? request : null
  // A response that its client leaves is destroyed, and `stream` then ends the request upstream.
  pool
    .stream({ path: request.url ?? '/', method: request.method ?? 'GET', headers, body }, (answer) => {
      const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...answered } = answer.headers
      return response.writeHead(answer.statusCode, answered)
    })
    .catch(() => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
