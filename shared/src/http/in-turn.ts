import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

type Serve = (request: IncomingMessage, response: ServerResponse) => void

/** Requests that wait for the one before them. Beyond this the connection is not read on. */
const maxWaiting = 16
/** Of one piece that has been read already, all requests come, thousands of small ones: nobody who means well sends so many. */
const mostHeld = 256

const turnsOf = Symbol('turns')
type SocketInTurn = Duplex & { [turnsOf]?: Turns | undefined }

/**
 * Serves the requests of one connection one after the other. Node hands out pipelined ones all at once; only safe
 * methods may run in parallel (RFC 9112 §9.3.2), and one connection must not occupy a thousand upstream ones. What
 * still waits when the client leaves is never served.
 */
export function inTurn(serve: Serve): Serve {
  return (request, response) => {
    const socket: SocketInTurn = request.socket
    const turns = (socket[turnsOf] ??= new Turns(socket, serve))
    turns.take(request, response)
  }
}

/** Whether an answer on this connection is not over: nothing else may be written to it. */
export function isAnswering(socket: SocketInTurn): boolean {
  return socket[turnsOf]?.isBusy ?? false
}

class Turns {
  readonly #socket: Duplex
  readonly #serve: Serve
  readonly #waiting: [IncomingMessage, ServerResponse][] = []
  #isFull = false
  #isClosed = false
  isBusy = false

  constructor(socket: Duplex, serve: Serve) {
    this.#socket = socket
    this.#serve = serve
    socket.once('close', this.#drop)
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    if (this.#isClosed || this.#waiting.length >= mostHeld) {
      // What the parser still has is not kept; what waits already is let go when the connection is closed.
      this.#isClosed = true
      this.#socket.destroy()
      letGo(request, response)
      return
    }
    if (this.isBusy) {
      this.#waiting.push([request, response])
      if (this.#waiting.length >= maxWaiting) this.#stopReading()
      return
    }
    this.isBusy = true
    response.once('close', this.#next)
    this.#serve(request, response)
  }

  readonly #next = (): void => {
    this.isBusy = false
    const turn = this.#isClosed ? undefined : this.#waiting.shift()
    if (turn !== undefined) this.take(...turn)
    if (this.#isFull && this.#waiting.length < maxWaiting) this.#readOn()
  }

  /** Node resumes a connection whenever a request on it has been read, so a pause alone would not last. */
  #stopReading(): void {
    if (this.#isFull) return
    this.#isFull = true
    this.#socket.resume = () => this.#socket
    this.#socket.pause()
  }

  #readOn(): void {
    this.#isFull = false
    // The method of its class shows again.
    delete (this.#socket as { resume?: Duplex['resume'] }).resume
    if (!this.#isClosed) this.#socket.resume()
  }

  /** An answer that never got hold of the connection hears nothing of its end. */
  readonly #drop = (): void => {
    this.#isClosed = true
    for (const [request, response] of this.#waiting.splice(0)) letGo(request, response)
  }
}

/** Whoever counts answers hears of this one, too. */
function letGo(request: IncomingMessage, response: ServerResponse): void {
  request.destroy()
  response.destroy()
  response.emit('close')
}
