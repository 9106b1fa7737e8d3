import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get, request, type IncomingMessage, type RequestListener } from 'node:http'
import { describe, it } from 'node:test'
import { prepareDrain, type Drain } from './drain.ts'
import { listen } from './listen.ts'

interface Subject {
  readonly drain: Drain
  readonly port: number
  readonly server: ReturnType<typeof createServer>
}

async function start(handler: RequestListener, graceMs = 2000): Promise<Subject> {
  const server = createServer({ keepAliveTimeout: 60_000 }, handler)
  const drain = prepareDrain(server, { graceMs, sweepMs: 5 })
  const address = await listen(server, { kind: 'tcp', host: '127.0.0.1', port: 0 })
  return { server, drain, port: address.kind === 'tcp' ? address.port : 0 }
}

const keepAlive = (): Agent => new Agent({ keepAlive: true })

async function answerOf(port: number, agent: Agent): Promise<{ message: IncomingMessage; body: string }> {
  const [message] = (await once(get({ port, agent, path: '/' }), 'response')) as [IncomingMessage]
  return { message, body: (await message.toArray()).join('') }
}

describe('draining', () => {
  it('finishes what is in flight, tells its client to close, and accepts nothing new', async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>()
    const { server, drain, port } = await start((_, response) => void finish.then(() => response.end('done')))
    const arrived = once(server, 'request')
    const agent = keepAlive()
    const answer = answerOf(port, agent)
    await arrived
    assert.equal(drain.draining, false)
    const drained = drain[Symbol.asyncDispose]()
    assert.equal(drain.draining, true)
    await assert.rejects(answerOf(port, keepAlive()), { code: 'ECONNREFUSED' })
    resolve()
    const { message, body } = await answer
    assert.deepEqual([body, message.headers.connection], ['done', 'close'])
    await drained
    agent.destroy()
  })

  it('does not wait for clients that keep an idle connection', async () => {
    const { drain, port } = await start((_, response) => response.end('done'))
    const agent = keepAlive()
    await answerOf(port, agent)
    await drain[Symbol.asyncDispose]()
    agent.destroy()
  })

  it('ends after the grace period what does not end by itself', async () => {
    const { server, drain, port } = await start(() => undefined, 20)
    const answer = answerOf(port, keepAlive())
    const refused = assert.rejects(answer, { code: 'ECONNRESET' })
    await once(server, 'request')
    await drain[Symbol.asyncDispose]()
    await refused
  })

  it('asks tunnels to leave, then ends them', async () => {
    const { server, drain, port } = await start(() => undefined, 20)
    const events: string[] = []
    server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
      socket.on('error', () => undefined)
      drain.track({
        goAway: () => events.push('go away'),
        destroy: () => {
          events.push('destroyed')
          socket.destroy()
        },
      })
    })
    const upgrading = request({ port, headers: { connection: 'Upgrade', upgrade: 'test' } })
    const upgraded = once(upgrading, 'upgrade')
    upgrading.end()
    await upgraded
    await drain[Symbol.asyncDispose]()
    assert.deepEqual(events, ['go away', 'destroyed'])
  })

  it('does not ask a tunnel that ended by itself', async () => {
    const { drain } = await start(() => undefined)
    const events: string[] = []
    drain.track({ goAway: () => events.push('go away'), destroy: () => undefined })[Symbol.dispose]()
    await drain[Symbol.asyncDispose]()
    assert.deepEqual(events, [])
  })

  it('asks connections of another protocol to leave, too, and does not count them as tunnels', async () => {
    const { drain } = await start(() => undefined)
    const events: string[] = []
    drain.trackConnection({ goAway: () => events.push('go away'), destroy: () => undefined })
    assert.equal(drain.tunnels, 0)
    await drain[Symbol.asyncDispose]()
    assert.deepEqual(events, ['go away'])
  })
})
