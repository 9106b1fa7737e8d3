import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Serve = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Serves the requests of one connection one after the other. Node hands out pipelined ones all at once; only safe
 * methods may run in parallel (RFC 9112 §9.3.2), and one connection must not occupy a thousand upstream ones.
 */
export function inTurn(serve: Serve): Serve {
  const latest = new WeakMap<Socket, ServerResponse>()
  const ended = new WeakSet<ServerResponse>()
  return (request, response) => {
    const before = latest.get(request.socket)
    latest.set(request.socket, response)
    response.once('close', () => ended.add(response))
    if (before === undefined || ended.has(before)) serve(request, response)
    else before.once('close', () => serve(request, response))
  }
}
