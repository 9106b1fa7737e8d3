import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export interface ScriptedRedis extends AsyncDisposable {
  readonly port: number
}

/** Speaks just enough of the Redis protocol to answer INFO well and every other command with these bytes. */
export async function startScriptedRedis(reply: string, greeting = ''): Promise<ScriptedRedis> {
  const sockets = new Set<Socket>()
  const info = 'redis_version:7.0.15\r\nloading:0\r\n'
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    if (greeting !== '') socket.end(greeting)
    socket.on('data', (chunk: Buffer) => {
      for (const [command] of chunk.toString().matchAll(/\*\d+\r\n\$\d+\r\n\w+/g)) {
        socket.write(/info$/i.test(command) ? `$${String(info.length)}\r\n${info}\r\n` : reply)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
