import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { connectionEvent } from './connection-event.ts'

/**
 * Ends, when disposed of, the connections on which nothing was ever asked: browsers open some in advance. To node they
 * are not idle but about to send, so `closeIdleConnections` leaves them and a stop would wait for them.
 */
export function closeUnusedConnections(server: Server): Disposable {
  const unused = new Set<Socket>()
  const isUsed = ({ socket }: IncomingMessage): void => void unused.delete(socket)
  server.on(connectionEvent(server), (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  server.prependListener('request', isUsed)
  server.prependListener('upgrade', isUsed)
  return {
    [Symbol.dispose]() {
      for (const socket of unused) socket.destroy()
    },
  }
}
