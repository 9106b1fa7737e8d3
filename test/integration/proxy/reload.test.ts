import assert from 'node:assert/strict'
import { Agent, get as httpGet } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, it } from 'node:test'
import type { ProxyConfig } from '@postern/shared/config/model.ts'
import { readConfigured, startConfigured } from '../../support/configured-proxy.ts'
import { RawClient } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'
import { allow } from '../../support/fake-checker.ts'

const requestsPerSecond = 500
const seconds = 2
const reloadEveryMs = 50

function statusOf(agent: Agent, port: number, host: string): Promise<number> {
  return new Promise((resolve) => {
    const request = httpGet({ agent, port, host: '127.0.0.1', path: '/', headers: { host } }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    request.once('error', () => resolve(0))
  })
}

/** A socket that the upstream agreed to make a tunnel of. */
async function tunnel(port: number, host: string): Promise<RawClient> {
  const client = new RawClient(port)
  client.send(`GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  await client.until(() => client.text.includes('101 Switching'))
  return client
}

async function upstreamWithTunnels(): Promise<Recorder> {
  const upstream = await Recorder.start()
  upstream.reply = ({ target }, socket) => {
    if (target === '/ws')
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  }
  return upstream
}

describe('a new configuration under load (REL-N2)', () => {
  it('fails no request while upstreams come and go; what is gone is closed, what stays stays open', async () => {
    await using lasting = await upstreamWithTunnels()
    await using changing = await upstreamWithTunnels()
    const stays = { from: 'https://stays.test', to: lasting.url.href, allow_websockets: true }
    // Another server name is another set of connections, which every reload throws away.
    const changes = (round: number) => ({
      from: 'https://changes.test',
      to: changing.url.href,
      tls_server_name: `r${round}.test`,
    })
    const goes = { from: 'https://goes.test', to: lasting.url.href, allow_websockets: true }
    const configOf = (routes: readonly Readonly<Record<string, unknown>>[]): Partial<ProxyConfig> => ({
      routes: readConfigured({ routes }).routes,
    })
    // A decision takes a moment, so that requests are caught by a reload between it and the forwarding.
    await using proxy = await startConfigured(
      { routes: [stays, changes(0), goes] },
      { decide: async () => (await delay(2), allow()) },
    )
    using lastingTunnel = await tunnel(proxy.port, 'stays.test')
    using goingTunnel = await tunnel(proxy.port, 'goes.test')
    const agent = new Agent({ keepAlive: true, maxSockets: 32 })
    const answers: Promise<number>[] = []
    let round = 0
    const reloads = setInterval(() => proxy.configure(configOf([stays, changes((round += 1)), goes])), reloadEveryMs)
    const startedAt = performance.now()
    while (answers.length < requestsPerSecond * seconds) {
      const due = ((performance.now() - startedAt) / 1000) * requestsPerSecond
      for (let sent = answers.length; sent < due; sent += 1) {
        answers.push(statusOf(agent, proxy.port, sent % 2 === 0 ? 'stays.test' : 'changes.test'))
      }
      await delay(2)
    }
    const statuses = await Promise.all(answers)
    clearInterval(reloads)
    assert.ok(round > (seconds * 1000) / reloadEveryMs / 4, `${round} reloads`)
    assert.deepEqual([...new Set(statuses)], [200])
    proxy.configure(configOf([stays]))
    await goingTunnel.until(() => goingTunnel.ended)
    await changing.until(() => changing.open === 0)
    assert.equal(lastingTunnel.ended, false)
    const { connections } = lasting
    assert.equal(await statusOf(agent, proxy.port, 'stays.test'), 200)
    assert.equal(lasting.connections, connections, 'the connections that were there are used on')
    agent.destroy()
  })

  it('a request that was allowed before a reload reaches the upstream that it was allowed to', async () => {
    await using upstream = await upstreamWithTunnels()
    const gate = Promise.withResolvers<void>()
    const written = { routes: [{ from: 'https://app.test', to: upstream.url.href }] }
    await using proxy = await startConfigured(written, { decide: async () => (await gate.promise, allow()) })
    const agent = new Agent()
    const answer = statusOf(agent, proxy.port, 'app.test')
    while (proxy.checker.questions.length === 0) await delay(1)
    proxy.configure({ routes: [] })
    gate.resolve()
    assert.equal(await answer, 200)
    await upstream.until(() => upstream.open === 0)
  })

  it('a WebSocket that opens while its route goes away does not stay', async () => {
    await using upstream = await upstreamWithTunnels()
    const gate = Promise.withResolvers<void>()
    const written = { routes: [{ from: 'https://app.test', to: upstream.url.href, allow_websockets: true }] }
    await using proxy = await startConfigured(written, { decide: async () => (await gate.promise, allow()) })
    const opening = tunnel(proxy.port, 'app.test')
    while (proxy.checker.questions.length === 0) await delay(1)
    proxy.configure({ routes: [] })
    gate.resolve()
    using client = await opening
    await client.until(() => client.ended)
    await upstream.until(() => upstream.open === 0)
  })

  it('two hundred times in a row leaves nothing behind (REL-N3)', async () => {
    await using upstream = await upstreamWithTunnels()
    const configOf = (round: number) => ({
      routes: [{ from: 'https://app.test', to: upstream.url.href, tls_server_name: `r${round}.test` }],
    })
    await using proxy = await startConfigured(configOf(0))
    const agent = new Agent({ keepAlive: true })
    for (let round = 1; round <= 200; round += 1) {
      assert.equal(await statusOf(agent, proxy.port, 'app.test'), 200)
      proxy.configure({ routes: readConfigured(configOf(round)).routes })
    }
    await upstream.until(() => upstream.open === 0)
    assert.ok(upstream.connections >= 200, 'every configuration had connections of its own')
    agent.destroy()
  })
})
