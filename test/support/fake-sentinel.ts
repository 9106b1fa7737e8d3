import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export interface FakeSentinel extends AsyncDisposable {
  readonly port: number
  /** How often it was asked. */
  readonly asked: number
}

/** A sentinel that names whatever port on loopback it is told to, or no primary at all. */
export async function startFakeSentinel(primaryPort: () => number | undefined): Promise<FakeSentinel> {
  const sockets = new Set<Socket>()
  let asked = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      if (!/get-master-addr-by-name/i.test(chunk.toString())) return void socket.write('+OK\r\n')
      asked += 1
      const port = primaryPort()
      const text = String(port)
      socket.write(port === undefined ? '*-1\r\n' : `*2\r\n$9\r\n127.0.0.1\r\n$${String(text.length)}\r\n${text}\r\n`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    get asked() {
      return asked
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
