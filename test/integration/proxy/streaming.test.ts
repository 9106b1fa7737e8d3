import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { RawClient, sendRaw } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'
import { aliceCookie, aRoute, startProxyUnderTest, type ProxyUnderTest } from '../../support/proxy-under-test.ts'

let upstream: Recorder
let proxy: ProxyUnderTest

before(async () => {
  upstream = await Recorder.start()
  proxy = await startProxyUnderTest({
    routes: [
      aRoute('app.test', upstream.url),
      aRoute('quick.test', upstream.url, { timeoutMs: 200, idleTimeoutMs: 300 }),
      aRoute('patient.test', upstream.url, { timeoutMs: 0, idleTimeoutMs: 1200 }),
      aRoute('nowhere.test', new URL('http://127.0.0.1:1')),
    ],
  })
})
afterEach(() => upstream.reset())
after(async () => {
  await proxy[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

function request(line: string, host = 'app.test', lines: readonly string[] = []): string {
  return [`${line} HTTP/1.1`, `Host: ${host}`, `Cookie: ${aliceCookie}`, ...lines, '', ''].join('\r\n')
}

describe('an allowed request', () => {
  it('reaches the upstream, and its answer the client, byte for byte', async () => {
    upstream.reply = (_request, socket) =>
      socket.write('HTTP/1.1 203 Odd\r\nX-B: 2\r\nX-a: 1\r\nX-B: 3\r\nDate: then\r\nContent-Length: 2\r\n\r\nok')
    const answer = await sendRaw(proxy.port, request('GET /a?b=c'))
    assert.match(
      answer.text,
      /^HTTP\/1\.1 203 [\s\S]*X-B: 2\r\nX-a: 1\r\nX-B: 3\r\nDate: then\r\nContent-Length: 2\r\n[\s\S]*\r\n\r\nok$/,
    )
    assert.equal(upstream.requests[0]?.target, '/a?b=c')
  })

  it('takes its body along, however it is framed', async () => {
    await sendRaw(proxy.port, `${request('POST /', 'app.test', ['Content-Length: 5'])}hello`)
    await sendRaw(proxy.port, `${request('POST /', 'app.test', ['Transfer-Encoding: chunked'])}5\r\nworld\r\n0\r\n\r\n`)
    assert.deepEqual(
      upstream.requests.map(({ body }) => body.toString()),
      ['hello', 'world'],
    )
  })

  it('keeps the order, spelling and repeats of headers', async () => {
    await sendRaw(proxy.port, request('GET /', 'app.test', ['X-Zeta: 1', 'x-Alpha: 2', 'X-Zeta: 3']))
    const own = upstream.requests[0]?.headers.filter(([name]) => /^x-(zeta|alpha)$/i.test(name))
    assert.deepEqual(own, [
      ['X-Zeta', '1'],
      ['x-Alpha', '2'],
      ['X-Zeta', '3'],
    ])
  })

  it('HEAD, 204 and 304 have no body and keep the connection in step', async () => {
    upstream.reply = ({ method }, socket) =>
      socket.write(
        method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n' : 'HTTP/1.1 304 Not Modified\r\n\r\n',
      )
    using client = new RawClient(proxy.port)
    client.send(request('HEAD /') + request('GET /'))
    await client.until(() => /200 OK[\s\S]*304 Not Modified[\s\S]*\r\n\r\n$/.test(client.text))
    assert.match(client.text, /Content-Length: 9/)
  })
})

describe('streams', () => {
  it('headers go out before there is a body, and each event as it comes (SSE-01)', async () => {
    upstream.reply = (_request, socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
    using client = new RawClient(proxy.port)
    client.send(request('GET /events'))
    await client.until(() => client.text.endsWith('\r\n\r\n'))
    for (const event of ['one', 'two']) {
      upstream.answerAll(`3\r\n${event}\r\n`)
      await client.until(() => client.text.includes(event))
    }
  })

  it('a slow reader holds the upstream back (REL-Q2)', async () => {
    const size = 64 * 1024 * 1024
    let written = 0
    upstream.reply = (_request, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
      const chunk = Buffer.alloc(64 * 1024)
      const fill = (): void => {
        while (written < size && socket.write(chunk)) written += chunk.length
      }
      socket.on('drain', fill)
      fill()
    }
    using client = new RawClient(proxy.port)
    client.send(request('GET /large', 'patient.test'))
    await client.until(() => client.text.length > 0)
    client.socket.pause()
    // What fits into the sockets' buffers, and no more, leaves the upstream.
    let before = -1
    while (before !== written) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    assert.ok(written < size / 2, `${written} bytes were taken from the upstream`)
  })

  it('end when the session does (SSE-02)', async () => {
    upstream.reply = (_request, socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n')
    using client = new RawClient(proxy.port)
    client.send(request('GET /events'))
    await client.until(() => client.text.includes('hi'))
    const { decide } = proxy.checker
    proxy.checker.decide = () => ({ kind: 'deny', status: 403, reasons: [], explanation: undefined, email: undefined })
    proxy.checker.change({ kind: 'sessions', handles: ['h-alice'] })
    await client.until(() => client.ended)
    proxy.checker.decide = decide
  })
})

describe('when one side goes away', () => {
  it('a client that leaves a download takes the upstream with it (REL-M2, L9)', async () => {
    upstream.reply = (_request, socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n')
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      using client = new RawClient(proxy.port)
      client.send(request('GET /events'))
      await client.until(() => client.text.includes('hi'))
      const closedBefore = upstream.closed
      client.socket[leave]()
      await upstream.until(() => upstream.closed > closedBefore, 1500)
    }
  })

  it('a client that leaves before the answer too', async () => {
    upstream.reply = () => undefined
    using client = new RawClient(proxy.port)
    client.send(request('GET /slow'))
    await upstream.until(() => upstream.requests.length === 1)
    const closedBefore = upstream.closed
    client.socket.resetAndDestroy()
    await upstream.until(() => upstream.closed > closedBefore, 1500)
  })

  it('a client that only ended its sending side still gets its answer (REL-M3)', async () => {
    using client = new RawClient(proxy.port)
    client.send(request('GET /half'))
    client.socket.end()
    await client.until(() => client.text.endsWith('ok'))
  })

  it('an upload that breaks off at half reaches the upstream as an abort (REL-M1)', async () => {
    using client = new RawClient(proxy.port)
    client.send(`${request('POST /', 'app.test', ['Content-Length: 1000'])}${'x'.repeat(500)}`)
    await upstream.until(() => upstream.bytes.toString().endsWith('x'.repeat(500)))
    const closedBefore = upstream.closed
    client.socket.resetAndDestroy()
    await upstream.until(() => upstream.closed > closedBefore, 1500)
    assert.equal(upstream.requests.length, 0)
  })

  for (const leave of ['end', 'resetAndDestroy'] as const) {
    it(`an upstream that calls ${leave} in mid-body is seen as a broken answer (REL-L4, L8)`, async () => {
      upstream.reply = (_request, socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
        setTimeout(() => socket[leave](), 20)
      }
      using client = new RawClient(proxy.port)
      client.send(request('GET /'))
      await client.until(() => client.ended)
      assert.ok(client.text.endsWith('half'))
    })
  }

  it('a chunked answer that breaks off has no last chunk', async () => {
    upstream.reply = (_request, socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    using client = new RawClient(proxy.port)
    client.send(request('GET /'))
    await client.until(() => client.ended)
    assert.doesNotMatch(client.text, /0\r\n\r\n$/)
  })

  it('a kept-alive connection that was closed meanwhile is replaced for GET, not for POST (REL-L5)', async () => {
    await sendRaw(proxy.port, request('GET /warm'))
    let refusals = 1
    upstream.reply = (_request, socket) => {
      if (refusals-- > 0) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    }
    assert.equal((await sendRaw(proxy.port, request('GET /'))).status, 200)
    refusals = 1
    assert.equal((await sendRaw(proxy.port, `${request('POST /', 'app.test', ['Content-Length: 1'])}x`)).status, 502)
  })
})

describe('timeouts of a route', () => {
  it('an upstream that does not answer is 504 (REL-L2)', async () => {
    upstream.reply = () => undefined
    const answer = await sendRaw(proxy.port, request('GET /', 'quick.test'))
    assert.equal(answer.status, 504)
    assert.match(answer.text, /UPSTREAM_TIMEOUT/)
  })

  it('an answer that does not end in time is broken off', async () => {
    upstream.reply = (_request, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha')
    using client = new RawClient(proxy.port)
    client.send(request('GET /', 'quick.test'))
    await client.until(() => client.ended)
    assert.match(client.text, /^HTTP\/1\.1 200 [\s\S]*ha$/)
  })

  it('an upload may take longer than the timeout, but not stand still (DOS-02)', async () => {
    using client = new RawClient(proxy.port)
    client.send(request('POST /', 'quick.test', ['Content-Length: 5']))
    for (const byte of 'abcde') {
      client.send(byte)
      await new Promise((resolve) => setTimeout(resolve, 80))
    }
    await client.until(() => client.text.includes('200 OK'))
    using still = new RawClient(proxy.port)
    still.send(`${request('POST /', 'quick.test', ['Content-Length: 5'])}a`)
    await still.until(() => still.text.includes('504'))
  })

  it('a whole request has timeout_read: 408, and the upstream sees it broken off (DOS-02)', async () => {
    await using limited = await startProxyUnderTest({
      routes: [aRoute('app.test', upstream.url)],
      config: { timeouts: { readMs: 300, requestMs: 300, writeMs: 0, idleMs: 0 } },
    })
    using slow = new RawClient(limited.port)
    slow.send(request('POST /', 'app.test', ['Content-Length: 100']))
    const dripping = setInterval(() => slow.send('a'), 20)
    await slow.until(() => slow.ended)
    clearInterval(dripping)
    assert.match(slow.text, /^HTTP\/1\.1 408 [\s\S]*REQUEST_TIMEOUT/)
    assert.equal(upstream.requests.length, 0, 'no complete request arrived')
    upstream.reply = (_request, socket) =>
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 500)
    const quick = await sendRaw(limited.port, `${request('POST /', 'app.test', ['Content-Length: 1'])}a`)
    assert.equal(quick.status, 200, 'the time to answer is another one')
  })

  it('an answer that nobody reads any more is given up after the idle time, with its upstream', async () => {
    upstream.reply = (_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      const event = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
      const fill = (): void => {
        while (socket.writable && socket.write(event));
      }
      socket.on('drain', fill)
      fill()
    }
    // No other timeout may be what ends it.
    await using idle = await startProxyUnderTest({
      routes: [aRoute('app.test', upstream.url, { timeoutMs: 0, idleTimeoutMs: 300 })],
    })
    using client = new RawClient(idle.port)
    client.send(request('GET /events'))
    await client.until(() => client.text.includes('200 OK'))
    client.socket.pause()
    const before = upstream.closed
    await upstream.until(() => upstream.closed > before, 3000)
  })

  it('no stream lives longer than timeout_write', async () => {
    upstream.reply = (_request, socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    await using limited = await startProxyUnderTest({
      routes: [aRoute('app.test', upstream.url, { timeoutMs: 0, idleTimeoutMs: 0 })],
      config: { timeouts: { readMs: 0, writeMs: 300, idleMs: 0 } },
    })
    using client = new RawClient(limited.port)
    client.send(request('GET /events'))
    await client.until(() => client.text.includes('200 OK'))
    await client.until(() => client.ended, 1500)
  })

  it('an upstream that cannot be reached is 502 (REL-L1)', async () => {
    const answer = await sendRaw(proxy.port, request('GET /', 'nowhere.test', ['Accept: application/json']))
    assert.equal(answer.status, 502)
    assert.match(answer.text, /UPSTREAM_UNREACHABLE/)
  })
})
