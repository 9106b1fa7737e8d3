import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Serve = (request: IncomingMessage, response: ServerResponse) => void

/** On a socket: the answer of the latest request on it, until that is over. */
const latest = Symbol('latest answer')

type SocketInTurn = Socket & { [latest]?: ServerResponse | undefined }

/**
 * Serves the requests of one connection one after the other. Node hands out pipelined ones all at once; only safe
 * methods may run in parallel (RFC 9112 §9.3.2), and one connection must not occupy a thousand upstream ones.
 */
export function inTurn(serve: Serve): Serve {
  return (request, response) => {
    const socket: SocketInTurn = request.socket
    const before = socket[latest]
    socket[latest] = response
    response.once('close', () => {
      if (socket[latest] === response) socket[latest] = undefined
    })
    if (before === undefined) serve(request, response)
    else before.once('close', () => serve(request, response))
  }
}
