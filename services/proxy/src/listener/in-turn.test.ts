import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { inTurn } from './in-turn.ts'

function exchangeOn(socket: object): [IncomingMessage, ServerResponse] {
  return [{ socket } as unknown as IncomingMessage, new EventEmitter() as unknown as ServerResponse]
}

describe('inTurn', () => {
  it('begins a pipelined request when the one before it is over, in order', () => {
    const served: unknown[] = []
    const serve = inTurn((request) => served.push(request))
    const socket = {}
    const [a, b, c] = [exchangeOn(socket), exchangeOn(socket), exchangeOn(socket)]
    for (const [request, response] of [a, b, c]) serve(request, response)
    assert.deepEqual(served, [a[0]])
    a[1].emit('close')
    assert.deepEqual(served, [a[0], b[0]])
    b[1].emit('close')
    assert.deepEqual(served, [a[0], b[0], c[0]])
  })

  it('does not let one connection wait for another', () => {
    const served: unknown[] = []
    const serve = inTurn((request) => served.push(request))
    const [a, b] = [exchangeOn({}), exchangeOn({})]
    for (const [request, response] of [a, b]) serve(request, response)
    assert.deepEqual(served, [a[0], b[0]])
  })
})
