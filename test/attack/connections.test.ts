import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { aliceCookie } from '../support/proxy-under-test.ts'
import { attackBench, get, request } from '../support/attack-bench.ts'
import { eventually } from '../support/eventually.ts'
import { allow } from '../support/fake-checker.ts'
import { RawClient } from '../support/raw-client.ts'

const bench = attackBench()

function upgrade(cookie = aliceCookie): string {
  const handshake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  return request('GET /socket HTTP/1.1', [
    'Host: ws.test',
    `Cookie: ${cookie}`,
    ...handshake,
    'Sec-WebSocket-Version: 13',
  ])
}

const silent = (): void => undefined
const visits = (): number => bench.proxy.log.lines.filter(({ message }) => message === 'http-request').length

describe('another protocol behind a request that is not answered', () => {
  for (const [title, behind] of [
    ['an upgrade of a stranger', upgrade('none=1')],
    ['an upgrade of somebody who may', upgrade()],
    ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n'],
    ['no HTTP at all', 'GARBAGE\r\n\r\n'],
  ] as const) {
    it(`${title}: the connection ends without a word, and nothing else does`, async () => {
      bench.upstream.reply = silent
      using client = new RawClient(bench.proxy.port)
      client.send(get('/slow') + behind)
      await client.until(() => client.ended)
      assert.equal(client.text, '')
      await bench.assertAlive()
    })
  }

  it('without a session, behind another request without one', async () => {
    using client = new RawClient(bench.proxy.port)
    client.send(request('GET / HTTP/1.1', ['Host: ws.test']) + upgrade('none=1'))
    await client.until(() => client.ended)
    assert.doesNotMatch(client.text, /HTTP\/1\.1 (101|500)/)
    await bench.assertAlive()
  })
})

describe('pipelined requests (REL-M, DOS)', () => {
  it('are not taken without end while the first is not answered', async () => {
    bench.upstream.reply = silent
    const client = connect({ host: '127.0.0.1', port: bench.proxy.port })
    client.on('error', silent)
    const batch = get('/', [`X-Padding: ${'p'.repeat(8_000)}`]).repeat(20)
    const batches = 200
    let taken = 0
    for (let sent = 0; sent < batches; sent += 1) client.write(batch, () => (taken += 1))
    // Until nothing moves any more: what is left of it stays with the client and in the system's buffers.
    for (let before = -1; taken < batches && taken !== before;) {
      before = taken
      await new Promise((resolve) => setTimeout(resolve, 400))
    }
    assert.ok(taken < batches, 'all of it was taken')
    client.resetAndDestroy()
    await bench.assertAlive()
  })

  it('are all answered, in order, however many they are', async () => {
    bench.upstream.reply = ({ line }, socket) => {
      const path = line.split(' ')[1] ?? ''
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(path.length)}\r\n\r\n${path}`)
    }
    using client = new RawClient(bench.proxy.port)
    const paths = Array.from({ length: 200 }, (_, index) => `/number-${String(index)}.`)
    client.send(paths.map((path) => get(path)).join(''))
    await client.until(() => client.text.endsWith(paths.at(-1)!), 10_000)
    assert.deepEqual(client.text.match(/\/number-\d+\./g), paths)
  })

  it('behind a slow one are never sent once the client has left', async () => {
    bench.upstream.reply = silent
    const client = new RawClient(bench.proxy.port)
    client.send(get('/slow') + get('/effect1') + get('/effect2'))
    await bench.upstream.until(() => bench.upstream.requests.length === 1)
    const closed = bench.upstream.closed
    client.socket.resetAndDestroy()
    await bench.upstream.until(() => bench.upstream.closed > closed)
    await bench.assertAlive()
    assert.doesNotMatch(bench.upstream.requests.map(({ line }) => line).join(), /effect/)
  })
})

describe('a client that leaves at once', () => {
  it('never counts as this machine', async () => {
    const { port, checker } = bench.proxy
    const asked = checker.questions.length
    for (let shot = 0; shot < 200; shot += 1) {
      const client = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.5' })
      client.on('error', silent)
      client.on('connect', () => client.write(get('/'), () => client.resetAndDestroy()))
      await once(client, 'close')
    }
    await bench.assertAlive()
    const addresses = checker.questions.slice(asked, -1).map(({ facts }) => facts.clientAddress)
    assert.deepEqual(
      [...new Set(addresses)].filter((address) => address !== '127.0.0.5'),
      [],
    )
  })

  for (const [title, bytes, host] of [
    ['a request', get('/'), 'app.test'],
    ['an upgrade', upgrade(), 'ws.test'],
  ] as const) {
    it(`while ${title} is decided is not forwarded for`, async () => {
      const { checker, port } = bench.proxy
      const { decide } = checker
      const before = visits()
      using client = new RawClient(port)
      const answer = Promise.withResolvers<void>()
      const asked = Promise.withResolvers<void>()
      checker.decide = async (question) => {
        if (question.facts.host !== host) return decide(question)
        asked.resolve()
        await answer.promise
        return allow()
      }
      client.send(bytes)
      await asked.promise
      client.socket.resetAndDestroy()
      await eventually('the client’s end was heard', 3_000, () => visits() === before + 1)
      answer.resolve()
      checker.decide = decide
      await bench.assertAlive()
      assert.deepEqual(
        bench.upstream.requests.map(({ line }) => line),
        ['GET /alive HTTP/1.1'],
      )
    })
  }
})

describe('a sign-out while the upstream thinks about an upgrade (WS-10)', () => {
  it('ends the connection, and no tunnel opens', async () => {
    bench.upstream.reply = silent
    using client = new RawClient(bench.proxy.port)
    client.send(upgrade())
    await bench.upstream.until(() => bench.upstream.requests.length === 1)
    const { checker } = bench.proxy
    const { decide } = checker
    checker.decide = () => ({ kind: 'deny', status: 403, reasons: [], explanation: undefined, email: undefined })
    checker.change({ kind: 'sessions', handles: ['h-alice'] })
    await client.until(() => client.ended, 1500)
    assert.doesNotMatch(client.text, /101/)
    checker.decide = decide
  })
})

describe('an upstream that answers an upgrade with nonsense', () => {
  it('status 099: 502', async () => {
    bench.upstream.reply = (_request, socket) => socket.write('HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n')
    const answer = await bench.send(upgrade())
    assert.deepEqual([answer.status, answer.closed], [502, true])
  })

  it('interim answers without end: 502', async () => {
    bench.upstream.reply = (_request, socket) => {
      const flood = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)), 5)
      socket.once('close', () => clearInterval(flood))
    }
    assert.equal((await bench.send(upgrade())).status, 502)
  })
})

describe('a cookie without a name, which comes back as its bare value', () => {
  it('is not set for an upstream', async () => {
    const cookies = ['=_pomerium=evil; Path=/', '_pomerium ; Path=/', 'bare', 'theirs=1; Path=/']
    bench.upstream.reply = (_request, socket) =>
      socket.write(
        `HTTP/1.1 200 OK\r\n${cookies.map((c) => `Set-Cookie: ${c}\r\n`).join('')}Content-Length: 2\r\n\r\nok`,
      )
    const { text } = await bench.send(get('/'))
    assert.deepEqual(text.match(/^set-cookie: .*$/gim), ['Set-Cookie: theirs=1; Path=/'])
  })
})
