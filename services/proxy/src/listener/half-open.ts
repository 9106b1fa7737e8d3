import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { connectionEvent } from './connection-event.ts'

/** A client that only closed its sending side still wants its answer; one that left does not. It gets this long. */
const graceMs = 900

/**
 * A FIN after a request can mean either. The answer goes on while it makes progress; a connection on which nothing
 * moves for a moment is given up, so that an upstream never works for nobody (security cases REL-M2, REL-M3, L9).
 */
export function endHalfOpenConnections(server: Server & { httpAllowHalfOpen?: boolean }): void {
  server.httpAllowHalfOpen = true
  server.on(connectionEvent(server), (socket: Socket) => {
    socket.once('end', () => watch(socket))
  })
}

function watch(socket: Socket): void {
  if (socket.destroyed) return
  let written = socket.bytesWritten
  const timer = setInterval(() => {
    if (socket.bytesWritten === written) socket.destroy()
    written = socket.bytesWritten
  }, graceMs)
  socket.once('close', () => clearInterval(timer))
}
