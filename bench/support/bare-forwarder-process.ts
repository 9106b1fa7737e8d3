import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

// The yardstick: the least a Node forwarder can do. No policy, no identity, no guards.
const pool = new Pool(process.argv[2] ?? '', { connections: 64 })

const server = createServer((request, response) => {
  const { host: _, connection: __, ...headers } = request.headers
  void pool.stream(
    { path: request.url ?? '/', method: request.method ?? 'GET', headers },
    ({ statusCode, headers: answered }) => {
      response.writeHead(statusCode, answered)
      return response
    },
  )
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
