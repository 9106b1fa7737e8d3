import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { ProxyRoute } from '@postern/shared/config/model.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { prometheusExposition } from '@postern/shared/metrics/prometheus.ts'
import { counted, samplesOf } from '../../support/counted.ts'
import { eventually } from '../../support/eventually.ts'
import { RawClient, sendRaw } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'
import {
  aliceCookie,
  aliceOnly,
  aRoute,
  noTokens,
  startProxyUnderTest,
  type ProxyOptions,
} from '../../support/proxy-under-test.ts'

async function opened(route: Partial<ProxyRoute> = {}, options: Partial<ProxyOptions> = {}) {
  await using opening = new AsyncDisposableStack()
  const metrics = new Metrics()
  const upstream = opening.use(await Recorder.start())
  const routes = [aRoute('app.test', upstream.url, { name: 'app', ...route })]
  const proxy = opening.use(await startProxyUnderTest({ routes, metrics, ...options }))
  const running = opening.move()
  return {
    metrics,
    upstream,
    proxy,
    send: (line: string, ...lines: string[]) =>
      sendRaw(proxy.port, [`${line} HTTP/1.1`, 'Host: app.test', ...lines, '', ''].join('\r\n')),
    requests: (labels: Readonly<Record<string, string>>) => counted(metrics, 'postern_proxy_requests_total', labels),
    /** The end of a visit is seen here a moment after the client has its answer. */
    until: (what: string, holds: () => boolean) => eventually(what, 2_000, () => Promise.resolve(holds())),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const alice = `Cookie: ${aliceCookie}`
const navigation = ['Accept: text/html', 'Sec-Fetch-Mode: navigate']

describe('what is counted of requests', () => {
  it('is the route, the class of the status, and the decision', async () => {
    await using test = await opened()
    await test.send('GET /', alice)
    await test.send('GET /', 'Cookie: _pomerium=bob')
    await test.send('GET /', ...navigation)
    await test.send('POST /', 'Content-Length: 0')
    await sendRaw(test.proxy.port, 'GET / HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n')
    await test.send('GET /.well-known/pomerium')
    await test.until('all are counted', () => test.requests({}) === 6)
    assert.deepEqual(
      samplesOf(test.metrics, 'postern_proxy_requests_total').map(({ labels, value }) => [
        ...Object.values(labels),
        value,
      ]),
      [
        ['app', '2xx', 'allow', 1],
        ['app', '4xx', 'deny', 1],
        ['app', '3xx', 'sign-in', 1],
        ['app', '4xx', 'sign-in', 1],
        ['none', '4xx', 'none', 1],
        ['none', '2xx', 'none', 1],
      ],
    )
    assert.equal(counted(test.metrics, 'postern_proxy_request_duration_seconds', { route: 'app' }), 4)
    assert.equal(counted(test.metrics, 'postern_proxy_check_duration_seconds'), 4)
    assert.equal(counted(test.metrics, 'postern_proxy_check_failures_total'), 0, 'a refusal is a decision')
    assert.equal(counted(test.metrics, 'postern_proxy_errors_total', { route: 'app', code: 'ACCESS_DENIED' }), 1)
    assert.equal(counted(test.metrics, 'postern_proxy_errors_total', { route: 'none', code: 'ROUTE_NOT_FOUND' }), 1)
  })

  it('is the same over HTTP/2', async () => {
    await using test = await opened()
    const client = connect(`http://127.0.0.1:${String(test.proxy.port)}`)
    try {
      const request = client.request({ ':authority': 'app.test', ':path': '/', cookie: aliceCookie })
      const [headers] = (await once(request, 'response')) as [IncomingHttpHeaders]
      assert.equal(headers[':status'], 200)
      await text(request)
      await test.until('it is counted', () => test.requests({ status_class: '2xx', decision: 'allow' }) === 1)
      assert.equal(counted(test.metrics, 'postern_proxy_request_duration_seconds', { route: 'app' }), 1)
      assert.equal(counted(test.metrics, 'postern_proxy_requests_in_flight'), 0)
    } finally {
      client.destroy()
    }
  })

  it('is how many are in flight, and the client that left', async () => {
    await using test = await opened()
    const inFlight = () => counted(test.metrics, 'postern_proxy_requests_in_flight')
    test.upstream.reply = () => undefined
    const client = new RawClient(test.proxy.port)
    client.send(['GET / HTTP/1.1', 'Host: app.test', alice, '', ''].join('\r\n'))
    await test.upstream.until(() => test.upstream.requests.length === 1)
    assert.equal(inFlight(), 1)
    client[Symbol.dispose]()
    await test.until('it is over', () => inFlight() === 0)
    assert.equal(test.requests({ route: 'app', status_class: '4xx', decision: 'allow' }), 1)
    assert.equal(counted(test.metrics, 'postern_proxy_request_duration_seconds', { route: 'app' }), 0)
  })

  it('is a check without a decision, by its code', async () => {
    await using test = await opened(
      {},
      {
        decide: () => {
          throw new PosternError('PDP_DEADLINE', 'nobody answers')
        },
      },
    )
    assert.equal((await test.send('GET /', alice)).status, 503)
    await test.until('it is counted', () => test.requests({ status_class: '5xx', decision: 'none' }) === 1)
    assert.equal(counted(test.metrics, 'postern_proxy_check_failures_total', { code: 'PDP_DEADLINE' }), 1)
  })

  it('is an application that cannot be reached, by route and code (security case REL-L1)', async () => {
    await using test = await opened({ upstreams: [{ url: new URL('http://127.0.0.1:1'), weight: 1 }] })
    assert.equal((await test.send('POST /', alice, 'Content-Length: 0')).status, 502)
    const code = 'UPSTREAM_UNREACHABLE'
    await test.until(
      'it is counted',
      () => counted(test.metrics, 'postern_proxy_errors_total', { route: 'app', code }) === 1,
    )
  })

  it('is a connection that was dead when it was used again (security case REL-L5)', async () => {
    await using test = await opened()
    await test.send('GET /', alice)
    test.upstream.reply = (_request, socket) => {
      test.upstream.reply = (_again, fresh) => void fresh.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      socket.destroy()
    }
    assert.equal((await test.send('GET /', alice)).status, 200)
    assert.equal(counted(test.metrics, 'postern_proxy_upstream_retries_total', { reason: 'stale-connection' }), 1)
  })

  it('is a token that Google’s front end refused, and the request with a fresh one', async () => {
    const serverless = { audience: 'https://hello.a.run.app', header: 'x-serverless-authorization' } as const
    await using test = await opened({ serverless }, { idTokens: { ...noTokens, idToken: () => Promise.resolve('t') } })
    test.upstream.reply = (_request, socket) => {
      test.upstream.reply = (_again, fresh) => void fresh.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      socket.write(
        'HTTP/1.1 401 Unauthorized\r\nServer: Google Frontend\r\nWWW-Authenticate: Bearer error="invalid_token"\r\nContent-Length: 0\r\n\r\n',
      )
    }
    assert.equal((await test.send('GET /', alice)).status, 200)
    assert.equal(counted(test.metrics, 'postern_proxy_upstream_retries_total', { reason: 'token-refused' }), 1)
  })

  it('is a WebSocket while it is open, and once when it ended', async () => {
    await using test = await opened({ allowWebsockets: true })
    test.upstream.reply = (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
    }
    const open = () => counted(test.metrics, 'postern_proxy_tunnels_open')
    using client = new RawClient(test.proxy.port)
    const upgrade = ['Connection: upgrade', 'Upgrade: websocket', alice]
    client.send(['GET /ws HTTP/1.1', 'Host: app.test', ...upgrade, '', ''].join('\r\n'))
    await client.until(() => client.text.startsWith('HTTP/1.1 101'))
    await test.until('it is open', () => open() === 1)
    assert.equal(counted(test.metrics, 'postern_proxy_requests_in_flight'), 1)
    client[Symbol.dispose]()
    await test.until(
      'it is over',
      () => open() === 0 && test.requests({ status_class: '1xx', decision: 'allow' }) === 1,
    )
    assert.equal(counted(test.metrics, 'postern_proxy_requests_in_flight'), 0)
  })

  it('is that it drains (security case REL-P1)', async () => {
    const test = await opened()
    const draining = () => counted(test.metrics, 'postern_proxy_draining')
    test.upstream.reply = () => undefined
    using slow = new RawClient(test.proxy.port)
    slow.send(['GET / HTTP/1.1', 'Host: app.test', alice, '', ''].join('\r\n'))
    await test.upstream.until(() => test.upstream.requests.length === 1)
    assert.equal(draining(), 0)
    const stopped = test.proxy[Symbol.asyncDispose]()
    await test.until('it drains', () => draining() === 1)
    test.upstream.answerAll('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    await stopped
    await test[Symbol.asyncDispose]()
  })

  it('is whether authorize can be asked', async () => {
    await using test = await opened()
    const up = () => counted(test.metrics, 'postern_proxy_authorize_up')
    assert.equal(up(), 1)
    test.proxy.checker.ready = false
    assert.equal(up(), 0)
  })
})

describe('the metrics of requests', () => {
  it('hold nothing that came with them: no path, query, host, header or person (security case LOG-02)', async () => {
    await using test = await opened({}, { decide: aliceOnly })
    const hostile = 'hush-42'
    const query = `code=${hostile}&state=${hostile}&access_token=${hostile}&id_token_hint=${hostile}`
    for (const cookie of ['alice', 'bob', hostile]) {
      await test.send(`GET /${hostile}?${query}`, `Cookie: _pomerium=${cookie}`, `X-${hostile}: ${hostile}`)
    }
    await sendRaw(test.proxy.port, `GET /${hostile}?${query} HTTP/1.1\r\nHost: ${hostile}.test\r\n\r\n`)
    await test.until('all are counted', () => test.requests({}) === 4)
    const text = await prometheusExposition(test.metrics).render()
    assert.match(text, /^postern_proxy_requests_total\{route="app",status_class="2xx",decision="allow"\} 1$/m)
    assert.doesNotMatch(text, /hush|alice|bob|app\.test/i)
  })

  it('are not on the public listener: /metrics is a path of the application (security cases SEC-01, SEC-05)', async () => {
    await using test = await opened()
    assert.equal((await test.send('GET /metrics')).status, 302)
    await test.send('GET /metrics', alice)
    assert.equal(test.upstream.requests.at(-1)?.target, '/metrics')
    const elsewhere = await sendRaw(test.proxy.port, 'GET /metrics HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n')
    assert.equal(elsewhere.status, 404)
  })
})
