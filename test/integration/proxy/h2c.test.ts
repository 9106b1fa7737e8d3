import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { bodyOf, get, headerOf, startConfigured } from '../../support/configured-proxy.ts'
import { sendRaw } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'
import type { ProxyUnderTest } from '../../support/proxy-under-test.ts'

describe('an upstream that speaks HTTP/2 from the first byte (h2c)', () => {
  const upstream = createServer()
  const sessions = new Set<ServerHttp2Session>()
  const seen: { headers: IncomingHttpHeaders; body: string }[] = []
  let http1: Recorder
  let proxy: ProxyUnderTest

  before(async () => {
    upstream.on('session', (session) => sessions.add(session))
    upstream.on('stream', (stream, headers) => {
      let body = ''
      stream.setEncoding('utf8').on('data', (text: string) => (body += text))
      stream.once('end', () => {
        seen.push({ headers, body })
        if (headers[':path'] === '/reset') {
          stream.close(8)
          return
        }
        stream.respond(
          { ':status': 201, 'x-app': 'yes', 'set-cookie': ['a=1', '_pomerium=theirs', 'b=2'], connection: undefined },
          { waitForTrailers: true },
        )
        stream.once('wantTrailers', () => stream.sendTrailers({ 'x-trailer': '1' }))
        stream.end(`over ${stream.session?.alpnProtocol ?? 'nothing'}`)
      })
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    http1 = await Recorder.start()
    const to = `h2c://127.0.0.1:${String((upstream.address() as AddressInfo).port)}`
    proxy = await startConfigured({
      routes: [
        { from: 'https://app.test', to, set_request_headers: { 'X-Team': 'red' } },
        { from: 'https://preserve.test', to, preserve_host_header: true },
        { from: 'https://old.test', to: `h2c://127.0.0.1:${String(http1.port)}` },
      ],
    })
  })
  beforeEach(() => (seen.length = 0))
  after(async () => {
    await proxy[Symbol.asyncDispose]()
    for (const session of sessions) session.destroy()
    upstream.close()
    await http1[Symbol.asyncDispose]()
  })

  it('gets the request that was decided about, and its answer comes back', async () => {
    const answer = await get(
      proxy.port,
      'app.test/a//b?c',
      'Cookie: x=1; _pomerium=alice',
      'X-Mine: 1',
      'X-Pomerium-Claim-A: forged',
    )
    assert.deepEqual([answer.status, headerOf(answer, 'x-app')], [201, 'yes'])
    assert.match(bodyOf(answer), /over h2c/)
    assert.deepEqual(
      answer.text.match(/^set-cookie: .*$/gim)?.map((line) => line.trim()),
      ['set-cookie: a=1', 'set-cookie: b=2'],
    )
    const headers = seen[0]?.headers
    assert.deepEqual(
      [
        ':method',
        ':path',
        'cookie',
        'x-mine',
        'x-team',
        'x-forwarded-host',
        'x-pomerium-claim-a',
        'host',
        'connection',
      ].map((name) => headers?.[name]),
      ['GET', '/a/b?c', 'x=1', '1', 'red', 'app.test', undefined, undefined, undefined],
    )
    assert.match(String(headers?.[':authority']), /^127\.0\.0\.1:\d+$/)
  })

  it('is named as the client named it where the route says so', async () => {
    await get(proxy.port, 'preserve.test/')
    assert.equal(seen[0]?.headers[':authority'], 'preserve.test')
  })

  it('gets bodies, however they were framed', async () => {
    for (const [framing, body] of [
      ['Content-Length: 5', 'hello'],
      ['Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'],
    ] as const) {
      const answer = await sendRaw(proxy.port, `POST /p HTTP/1.1\r\nHost: app.test\r\n${framing}\r\n\r\n${body}`)
      assert.equal(answer.status, 201)
      assert.equal(seen.at(-1)?.body, 'hello')
      assert.equal(seen.at(-1)?.headers['transfer-encoding'], undefined)
    }
  })

  it('carries many requests on one connection, from the first moment', async () => {
    const before = sessions.size
    const to = `h2c://127.0.0.1:${String((upstream.address() as AddressInfo).port)}`
    await using fresh = await startConfigured({ routes: [{ from: 'https://app.test', to }] })
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(fresh.port, 'app.test/')))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    assert.equal(sessions.size - before, 1)
  })

  it('that breaks a stream off is 502, and the next request is answered', async () => {
    assert.equal((await get(proxy.port, 'app.test/reset')).status, 502)
    assert.equal((await get(proxy.port, 'app.test/')).status, 201)
  })

  it('that speaks HTTP/1.1 after all is 502', async () => {
    http1.reply = (_request, socket) => void socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    assert.equal((await get(proxy.port, 'old.test/')).status, 502)
  })
})
