import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import { connectionEvent } from './connection-event.ts'

/** On a unix socket the peer is this machine. */
const localPeer = '127.0.0.1'

const peer = Symbol('peer address')
type SocketWithPeer = Socket & { [peer]?: string }

/**
 * Asks for each client's address when it connects: the system forgets it with a reset, and a request that was read
 * just before must not pass for a local one. A client that is gone by then is not served.
 */
export function rememberPeers(server: Server, { kind }: ListenAddress): void {
  server.prependListener(connectionEvent(server), (socket: SocketWithPeer) => {
    const address = kind === 'unix' ? localPeer : socket.remoteAddress
    if (address === undefined) socket.destroy()
    else socket[peer] = address
  })
}

/** `undefined` where it could not be found out: then nobody may guess. */
export function peerOf(socket: SocketWithPeer): string | undefined {
  return socket[peer]
}
