import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/*
 * An upstream as small as they come, in a process of its own so that its CPU time stays out of the figures. `/bytes/N`
 * answers with so many bytes; an upload is answered with its length; an upgrade is accepted and then silent.
 */
const body = Buffer.from(JSON.stringify({ hello: 'world', padding: 'x'.repeat(200) }))
const chunk = Buffer.alloc(64 * 1024, 'x')

const server = createServer((request, response) => {
  const [, bytes] = /^\/bytes\/(\d+)$/.exec(request.url ?? '') ?? []
  if (request.method === 'POST') void receive(request, response)
  else if (bytes !== undefined) send(Number(bytes), request, response)
  else {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  }
})

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0
  for await (const part of request) bytes += (part as Buffer).length
  response.end(String(bytes))
}

function send(bytes: number, request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  response.writeHead(200, { 'content-length': bytes })
  let left = bytes
  const more = (): void => {
    while (left > 0) {
      const part = left < chunk.length ? chunk.subarray(0, left) : chunk
      left -= part.length
      if (!response.write(part)) {
        response.once('drain', more)
        return
      }
    }
    response.end()
  }
  more()
}

server.on('upgrade', (_request, socket) => {
  socket.on('error', () => socket.destroy())
  socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n')
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
