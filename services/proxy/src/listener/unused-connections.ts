import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { connectionEvent } from './connection-event.ts'

/** Something that came on a connection. */
type Used = Pick<IncomingMessage, 'socket'>

/**
 * Ends, when disposed of, the connections on which nothing was ever asked: browsers open some in advance. To node they
 * are not idle but about to send, so `closeIdleConnections` leaves them and a stop would wait for them. What did not come by
 * HTTP/1.1 has to be told to `isUsed`.
 */
export function closeUnusedConnections(server: Server): Disposable & { readonly isUsed: (by: Used) => void } {
  const unused = new Set<Socket>()
  const isUsed = ({ socket }: Used): void => void unused.delete(socket)
  server.on(connectionEvent(server), (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  server.prependListener('request', isUsed)
  server.prependListener('upgrade', isUsed)
  return {
    isUsed,
    [Symbol.dispose]() {
      for (const socket of unused) socket.destroy()
    },
  }
}
