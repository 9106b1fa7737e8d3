import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import type { MetricsConfig } from '../config/metrics-config.ts'
import { fixed, Replaceable } from '../lifecycle/live.ts'
import type { Logger } from '../log/logger.ts'
import { Secret } from '../secret.ts'
import { Metrics } from './metrics.ts'
import { serveMetrics } from './serve-metrics.ts'

const listen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
const log = {} as Logger
const basic = (userAndPassword: string) => ({
  authorization: `Basic ${Buffer.from(userAndPassword).toString('base64')}`,
})

async function open(config: Omit<MetricsConfig, 'listen'> = {}, metrics = new Metrics(), stallMs?: number) {
  const live = new Replaceable<MetricsConfig>({ listen, ...config })
  const server = await serveMetrics(live, { metrics, log, ...(stallMs === undefined ? {} : { stallMs }) })
  const { address } = server
  const port = address.kind === 'tcp' ? address.port : 0
  const root = `http://127.0.0.1:${String(port)}`
  return {
    live,
    port,
    ask: (path: string, init?: RequestInit) => fetch(root + path, init),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

describe('the metrics listener', () => {
  it('gives what was counted, and what is known about the process', async () => {
    const metrics = new Metrics()
    metrics.counter('postern_authorize_decisions_total', { outcome: 'allow' }).add(3)
    await using server = await open({}, metrics)
    const answer = await server.ask('/metrics')
    const text = await answer.text()
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')],
      [200, 'text/plain; version=0.0.4; charset=utf-8', 'no-store'],
    )
    assert.match(text, /^# TYPE postern_authorize_decisions_total counter$/m)
    assert.match(text, /^postern_authorize_decisions_total\{outcome="allow"\} 3$/m)
    assert.match(text, /^process_resident_memory_bytes \d+$/m)
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m)
  })

  it('says how it is now at every look', async () => {
    const metrics = new Metrics()
    await using server = await open({}, metrics)
    const outcome = { outcome: 'deny' }
    for (const expected of ['1', '2']) {
      metrics.counter('postern_authorize_decisions_total', outcome).add()
      const text = await (await server.ask('/metrics')).text()
      assert.equal(/^postern_authorize_decisions_total\{outcome="deny"\} (\d)$/m.exec(text)?.[1], expected)
    }
  })

  it('answers /metrics and nothing else, GET and HEAD and nothing else', async () => {
    await using server = await open()
    for (const path of ['/', '/metrics/', '/METRICS', '/ping', '/metrics/envoy']) {
      assert.equal((await server.ask(path)).status, 404, path)
    }
    const head = await server.ask('/metrics?format=text', { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
    const post = await server.ask('/metrics', { method: 'POST' })
    assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD'])
  })

  it('wants the password where one is set, and that which is set now', async () => {
    await using server = await open({ basicAuth: new Secret('prometheus:hush:hush') })
    const status = async (path: string, headers = {}): Promise<number> => (await server.ask(path, { headers })).status
    assert.equal(
      (await server.ask('/metrics')).headers.get('www-authenticate'),
      'Basic realm="metrics", charset="UTF-8"',
    )
    assert.deepEqual(
      [
        await status('/metrics'),
        await status('/nothing-here'),
        await status('/metrics', basic('prometheus:hush')),
        await status('/metrics', { authorization: 'Bearer prometheus:hush:hush' }),
        await status('/metrics', basic('prometheus:hush:hush')),
      ],
      [401, 401, 401, 401, 200],
    )
    server.live.replace({ listen, basicAuth: new Secret('prometheus:new') })
    assert.deepEqual(
      [await status('/metrics', basic('prometheus:hush:hush')), await status('/metrics', basic('prometheus:new'))],
      [401, 200],
    )
  })

  it(
    'answers one request of a connection at a time: whoever sends many at once gets no memory for it',
    { timeout: 5_000 },
    async () => {
      const metrics = new Metrics()
      let looks = 0
      using _ = metrics.read('postern_authorize_session_copies', () => (looks += 1))
      await using server = await open({}, metrics)
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => undefined).resume()
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000))
      await new Promise((resolve) => socket.once('close', resolve))
      assert.ok(looks <= 1, `rendered ${String(looks)} times`)
    },
  )

  it('does not wait for a reader that does not read', { timeout: 5_000 }, async () => {
    const metrics = new Metrics()
    const large = Array.from({ length: 200_000 }, (_, at) => ({ labels: { outcome: `x${String(at)}` }, value: 1 }))
    using _ = metrics.readAll('postern_authorize_decisions_total', () => large)
    await using server = await open({}, metrics, 300)
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined).pause()
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    let received = 0
    socket.on('data', (chunk) => (received += chunk.length)).resume()
    await new Promise((resolve) => socket.once('close', resolve))
    assert.ok(received < 10_000_000, `${String(received)} bytes came`)
  })

  it('names its key where it cannot listen', async () => {
    const nowhere = { kind: 'tcp', host: '192.0.2.1', port: 1 } as const
    await assert.rejects(serveMetrics(fixed({ listen: nowhere }), { metrics: new Metrics(), log }), {
      message: /the address 192\.0\.2\.1:1 .*; set `metrics_address`$/,
    })
  })
})
