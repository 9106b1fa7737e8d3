import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { PassThrough } from 'node:stream'
import { inTurn, isAnswering } from './in-turn.ts'

function exchangeOn(socket: object): [IncomingMessage, ServerResponse] {
  const response = Object.assign(new EventEmitter(), { destroyed: false, destroy: () => (response.destroyed = true) })
  return [{ socket, destroy: () => undefined } as unknown as IncomingMessage, response as unknown as ServerResponse]
}

describe('inTurn', () => {
  it('begins a pipelined request when the one before it is over, in order', () => {
    const served: unknown[] = []
    const serve = inTurn((request) => served.push(request))
    const socket = new PassThrough()
    const [a, b, c] = [exchangeOn(socket), exchangeOn(socket), exchangeOn(socket)]
    for (const [request, response] of [a, b, c]) serve(request, response)
    assert.deepEqual(served, [a[0]])
    a[1].emit('close')
    assert.deepEqual(served, [a[0], b[0]])
    b[1].emit('close')
    assert.deepEqual(served, [a[0], b[0], c[0]])
    assert.equal(isAnswering(socket), true)
    c[1].emit('close')
    assert.equal(isAnswering(socket), false)
  })

  it('ends a connection on which hundreds wait: node hands out all that came in one piece, however many', () => {
    const served: unknown[] = []
    const serve = inTurn((request) => served.push(request))
    const socket = new PassThrough()
    const all = Array.from({ length: 2000 }, () => exchangeOn(socket))
    let closed = 0
    for (const [request, response] of all) {
      response.once('close', () => (closed += 1))
      serve(request, response)
    }
    assert.deepEqual([socket.destroyed, served.length], [true, 1])
    assert.ok(closed >= 1700, `${String(closed)} of 2000 were let go`)
  })

  it('does not let one connection wait for another', () => {
    const served: unknown[] = []
    const serve = inTurn((request) => served.push(request))
    const [a, b] = [exchangeOn(new PassThrough()), exchangeOn(new PassThrough())]
    for (const [request, response] of [a, b]) serve(request, response)
    assert.deepEqual(served, [a[0], b[0]])
  })

  it('stops reading while sixteen wait, whoever else would read on, and reads on as they become fewer', () => {
    const serve = inTurn(() => undefined)
    const socket = new PassThrough().resume()
    const first = exchangeOn(socket)
    for (const [request, response] of [first, ...Array.from({ length: 15 }, () => exchangeOn(socket))]) {
      serve(request, response)
    }
    assert.equal(socket.isPaused(), false)
    serve(...exchangeOn(socket))
    socket.resume()
    assert.equal(socket.isPaused(), true)
    first[1].emit('close')
    assert.equal(socket.isPaused(), false)
  })

  it('never serves what waited when the connection ended, and tells whoever counts answers', () => {
    const served: unknown[] = []
    const serve = inTurn((request) => served.push(request))
    const socket = new EventEmitter()
    const [a, b] = [exchangeOn(socket), exchangeOn(socket)]
    for (const [request, response] of [a, b]) serve(request, response)
    let closed = 0
    b[1].on('close', () => (closed += 1))
    socket.emit('close')
    a[1].emit('close')
    assert.deepEqual([served, closed], [[a[0]], 1])
  })
})
