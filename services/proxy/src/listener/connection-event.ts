import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:https'

/** Which event brings the socket that requests come on: with TLS it is not the one that connected. */
export function connectionEvent(server: Server): 'connection' | 'secureConnection' {
  return server instanceof TlsServer ? 'secureConnection' : 'connection'
}
