import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// An upstream as small as they come, in a process of its own so that its CPU time stays out of the figures.
const body = Buffer.from(JSON.stringify({ hello: 'world', padding: 'x'.repeat(200) }))

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
