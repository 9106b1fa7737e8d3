import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attackBench, request } from '../support/attack-bench.ts'
import { RawClient } from '../support/raw-client.ts'
import type { Reply } from '../support/recorder.ts'

const bench = attackBench()

const handshake = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
]

function upgrade(lines: readonly string[] = [], host = 'ws.test', cookie = '_pomerium=alice'): string {
  return request('GET /socket HTTP/1.1', [`Host: ${host}`, `Cookie: ${cookie}`, ...handshake, ...lines])
}

const switching =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'

/** Agrees, then sends back whatever comes. */
const echo: Reply = (_request, socket) => {
  socket.write(switching)
  socket.on('data', (chunk) => socket.write(`echo:${chunk.toString()}`))
}

async function open(lines: readonly string[] = []): Promise<RawClient> {
  bench.upstream.reply = echo
  const client = new RawClient(bench.proxy.port)
  client.send(upgrade(lines))
  await client.until(() => client.text.includes('\r\n\r\n'))
  assert.match(client.text, /^HTTP\/1\.1 101 /)
  return client
}

describe('an upgrade is decided like any request (WS-01, WS-02, WS-04)', () => {
  it('without a session: 401, and the upstream hears nothing', async () => {
    const answer = await bench.send(upgrade([], 'ws.test', 'x=y'))
    assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [401, true, 0])
  })

  it('for somebody who may not: 403', async () => {
    const answer = await bench.send(upgrade([], 'ws.test', '_pomerium=bob'))
    assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [403, true, 0])
  })

  it('on a route without WebSockets: 400', async () => {
    const answer = await bench.send(upgrade([], 'app.test'))
    assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [400, true, 0])
    assert.match(answer.text, /UPGRADE_NOT_ALLOWED/)
  })

  it('on a path of ours: 400', async () => {
    const bytes = upgrade().replace('/socket', '/.pomerium/')
    const answer = await bench.send(bytes)
    assert.deepEqual([answer.status, bench.upstream.bytes.length], [400, 0])
  })
})

describe('only exactly websocket is ever upgraded (WS-05)', () => {
  for (const offer of ['h2c', 'websocket, h2c', 'TLS/1.0', 'h2c, websocket', 'websockets']) {
    it(`Upgrade: ${offer} is forwarded as a plain request, without the offer`, async () => {
      const lines = [
        'Host: ws.test',
        'Cookie: _pomerium=alice',
        'Connection: Upgrade, HTTP2-Settings',
        `Upgrade: ${offer}`,
      ]
      const answer = await bench.send(request('GET /socket HTTP/1.1', [...lines, 'HTTP2-Settings: AAMAAABk']))
      assert.equal(answer.status, 200)
      const seen = bench.onlyRequest()
      assert.deepEqual([...seen.values('upgrade'), ...seen.values('http2-settings')], [])
      assert.deepEqual(seen.values('connection'), ['keep-alive'])
    })
  }

  it('POST is not', async () => {
    const bytes = upgrade(['Content-Length: 0']).replace('GET', 'POST')
    assert.equal((await bench.send(bytes)).status, 200)
    assert.deepEqual(bench.onlyRequest().values('upgrade'), [])
  })

  it('a body with it is refused', async () => {
    const answer = await bench.send(`${upgrade(['Content-Length: 3'])}abc`)
    assert.deepEqual([answer.status, bench.upstream.bytes.length], [400, 0])
  })
})

describe('an upgraded request (WS-13, HDR-05)', () => {
  it('carries our headers and the client’s own WebSocket headers, nothing forged, nothing of ours', async () => {
    const lines = ['Sec-WebSocket-Protocol: chat, token.abc', 'Sec-WebSocket-Extensions: permessage-deflate']
    using client = await open([...lines, 'X-Pomerium-Claim-Email: root', 'X-Serverless-Authorization: Bearer evil'])
    const seen = bench.onlyRequest()
    assert.deepEqual(seen.values('sec-websocket-protocol'), ['chat, token.abc'])
    assert.deepEqual(seen.values('sec-websocket-extensions'), ['permessage-deflate'])
    assert.deepEqual(seen.values('upgrade'), ['websocket'])
    assert.deepEqual(seen.values('x-pomerium-claim-email'), ['alice@example.com'])
    assert.deepEqual([...seen.values('x-serverless-authorization'), ...seen.values('cookie')], [])
    assert.equal(seen.values('host').length, 1)
    client.send('hello')
    await client.until(() => client.text.includes('echo:hello'))
    assert.doesNotMatch(JSON.stringify(bench.proxy.log.lines), /token\.abc/)
  })

  it('what the upstream agrees to is cleaned too', async () => {
    bench.upstream.reply = (_request, socket) =>
      socket.write(
        switching.replace(
          '\r\n\r\n',
          '\r\nX-Pomerium-Jwt-Assertion: x\r\nSet-Cookie: _pomerium=p\r\nSet-Cookie: a=1\r\n\r\n',
        ),
      )
    using client = new RawClient(bench.proxy.port)
    client.send(upgrade())
    await client.until(() => client.text.includes('\r\n\r\n'))
    assert.match(client.text, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i)
    assert.match(client.text, /set-cookie: a=1/i)
    assert.doesNotMatch(client.text, /assertion|_pomerium=p/i)
  })

  it('what the client sends early arrives after the handshake (WS-08)', async () => {
    bench.upstream.reply = echo
    using client = new RawClient(bench.proxy.port)
    client.send(`${upgrade()}early`)
    await client.until(() => client.text.includes('echo:early'))
    assert.match(client.text, /^HTTP\/1\.1 101 /)
  })
})

describe('an upstream that does not agree (WS-11, L13)', () => {
  it('its refusal arrives, newly framed, and the connection ends', async () => {
    bench.upstream.reply = (_request, socket) =>
      socket.write('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n3\r\nway\r\n0\r\n\r\n')
    const answer = await bench.send(upgrade())
    assert.deepEqual([answer.status, answer.closed], [403, true])
    assert.match(
      answer.text.split('\r\n\r\n').slice(1).join('\r\n\r\n'),
      /^2\r\nno\r\n3\r\nway\r\n0\r\n\r\n$|^5\r\nnoway\r\n0\r\n\r\n$/,
    )
  })

  it('another protocol is 502', async () => {
    bench.upstream.reply = (_request, socket) => socket.write(switching.replace('websocket', 'h2c'))
    const answer = await bench.send(upgrade())
    assert.deepEqual([answer.status, answer.closed], [502, true])
  })

  it('one that hangs up is 502', async () => {
    bench.upstream.reply = (_request, socket) => socket.destroy()
    assert.equal((await bench.send(upgrade())).status, 502)
  })
})

describe('both sockets live and die together (WS-07, L6, L7)', () => {
  it('the client resets before the answer: the upstream is let go, nothing crashes', async () => {
    bench.upstream.reply = () => undefined
    const client = new RawClient(bench.proxy.port)
    client.send(upgrade())
    await bench.upstream.until(() => bench.upstream.requests.length === 1)
    const closedBefore = bench.upstream.closed
    client.socket.resetAndDestroy()
    await bench.upstream.until(() => bench.upstream.closed > closedBefore, 1500)
    await bench.assertAlive()
  })

  it('the client ends before the answer', async () => {
    bench.upstream.reply = () => undefined
    using client = new RawClient(bench.proxy.port)
    client.send(upgrade())
    await bench.upstream.until(() => bench.upstream.requests.length === 1)
    const closedBefore = bench.upstream.closed
    client.socket.end()
    await bench.upstream.until(() => bench.upstream.closed > closedBefore, 1500)
  })

  for (const [title, leave] of [
    ['resets', (client: RawClient) => client.socket.resetAndDestroy()],
    ['ends', (client: RawClient) => client.socket.end()],
  ] as const) {
    it(`the client ${title} an open socket: the upstream's closes within a second`, async () => {
      using client = await open()
      const closedBefore = bench.upstream.closed
      leave(client)
      await bench.upstream.until(() => bench.upstream.closed > closedBefore, 1500)
      await bench.assertAlive()
    })
  }

  for (const leave of ['end', 'resetAndDestroy'] as const) {
    it(`the upstream calls ${leave}: the client's closes within a second`, async () => {
      bench.upstream.reply = (_request, socket) => {
        socket.write(switching)
        setImmediate(() => socket[leave]())
      }
      using client = new RawClient(bench.proxy.port)
      client.send(upgrade())
      await client.until(() => client.ended, 1500)
      await bench.assertAlive()
    })
  }
})

describe('an open socket whose decision no longer holds (WS-10)', () => {
  it('is closed with 1008 when the session changed and authorize now says no', async () => {
    using client = await open()
    const { checker } = bench.proxy
    const { decide } = checker
    checker.decide = (question) =>
      question.facts.host === 'ws.test'
        ? { kind: 'deny', status: 403, reasons: [], explanation: undefined, email: undefined }
        : decide(question)
    checker.change({ kind: 'sessions', handles: ['h-alice'] })
    await client.until(() => client.ended, 1500)
    assert.ok(client.text.endsWith('\x88\x02\x03\xf0'))
    checker.decide = decide
  })

  it('stays open when authorize still says yes, or another session changed', async () => {
    using client = await open()
    const { checker } = bench.proxy
    const asked = checker.questions.length
    checker.change({ kind: 'sessions', handles: ['h-somebody-else'] })
    assert.equal(checker.questions.length, asked)
    checker.change({ kind: 'all' })
    assert.ok(checker.questions.length > asked)
    client.send('still here')
    await client.until(() => client.text.includes('echo:still here'))
  })

  it('is closed when nobody can decide any more', async () => {
    using client = await open()
    const { checker } = bench.proxy
    const { decide } = checker
    checker.decide = () => Promise.reject(new Error('authorize is away'))
    checker.change({ kind: 'all' })
    await client.until(() => client.ended)
    checker.decide = decide
  })

  it('is closed when the session expires', async () => {
    const { checker } = bench.proxy
    const { decide } = checker
    checker.decide = () => ({
      kind: 'allow',
      reasons: [],
      setHeaders: [],
      removeHeaders: [],
      session: { handle: 'h', userId: 'alice', expiresAtMs: Date.now() + 300 },
    })
    using client = await open()
    await client.until(() => client.ended, 2500)
    checker.decide = decide
  })
})
