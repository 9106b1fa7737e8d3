import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '@postern/shared/secret.ts'
import type { CertificatePair } from '@postern/shared/config/model.ts'
import { CertificateAuthority } from '../../../dev/src/x509/certificate-authority.ts'
import { eventually } from '../../support/eventually.ts'
import { Http2Client, type ResetError } from '../../support/http2-client.ts'
import { aliceCookie, aRoute, startProxyUnderTest, type ProxyUnderTest } from '../../support/proxy-under-test.ts'
import { flags, frame, frameTypes, headerBlock, RawHttp2 } from '../../support/raw-http2.ts'
import { RawClient } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'

const hasCurl = spawnSync('curl', ['--version'], { encoding: 'utf8' }).output.join('').includes('HTTP2')
const authority = new CertificateAuthority('test authority')
const alice = { cookie: aliceCookie }
const ca = authority.certificate

function pair(...dnsNames: [string, ...string[]]): CertificatePair {
  const { certificate, key } = authority.issue({ commonName: dnsNames[0], dnsNames, ipAddresses: [] })
  return { certificate, key: new Secret(key) }
}

let upstream: Recorder
let clear: ProxyUnderTest
let encrypted: ProxyUnderTest

before(async () => {
  upstream = await Recorder.start()
  const routes = [
    aRoute('app.test', upstream.url),
    aRoute('quick.test', upstream.url, { timeoutMs: 300, idleTimeoutMs: 300 }),
    aRoute('patient.test', upstream.url, { timeoutMs: 0, idleTimeoutMs: 0 }),
  ]
  clear = await startProxyUnderTest({ routes })
  encrypted = await startProxyUnderTest({
    routes,
    config: { tls: { certificates: [pair('app.test', 'other.test', 'quick.test')] } },
  })
})
afterEach(() => upstream.reset())
after(async () => {
  await Promise.all([clear, encrypted].map((proxy) => proxy[Symbol.asyncDispose]()))
  await upstream[Symbol.asyncDispose]()
})

describe('HTTP/2 from clients', () => {
  it('is agreed on with TLS, beside HTTP/1.1 on the same port', async () => {
    using client = new Http2Client(encrypted.port, { ca })
    const answer = await client.ask({ ...alice, ':path': '/a//b?c' })
    assert.deepEqual([answer.status, answer.body], [200, 'ok'])
    assert.equal(upstream.requests[0]?.line, 'GET /a/b?c HTTP/1.1')
    for (const [offered, agreed] of [
      [['http/1.1'], 'http/1.1'],
      [['http/1.1', 'h2'], 'h2'],
      [undefined, false],
    ] as const) {
      const socket = connectTls({
        host: '127.0.0.1',
        port: encrypted.port,
        ca,
        servername: 'app.test',
        ...(offered === undefined ? {} : { ALPNProtocols: [...offered] }),
      })
      await new Promise((resolve) => socket.once('secureConnect', resolve))
      assert.equal(socket.alpnProtocol, agreed)
      socket.destroy()
    }
  })

  it('is what a client without TLS begins with, beside HTTP/1.1, however its first bytes come', async () => {
    using client = new Http2Client(clear.port)
    assert.equal((await client.ask(alice)).status, 200)
    using slow = new RawClient(clear.port)
    for (const piece of ['P', 'U', 'T', ` / HTTP/1.1\r\nHost: app.test\r\nCookie: ${aliceCookie}\r\n\r\n`]) {
      slow.send(piece)
      await sleep(20)
    }
    await slow.until(() => slow.text.startsWith('HTTP/1.1 200'))
    const socket = connectTcp(clear.port, '127.0.0.1')
    const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frameTypes.settings, 0, 0)])
    for (const byte of preface) {
      socket.write(Buffer.from([byte]))
      await sleep(2)
    }
    const [first] = (await new Promise<Buffer>((resolve) => socket.once('data', resolve))).subarray(3, 4)
    assert.equal(first, frameTypes.settings)
    socket.destroy()
  })

  it('carries many requests at once on one connection, each decided for itself', async () => {
    using client = new Http2Client(encrypted.port, { ca })
    const asked = proxyQuestions(encrypted)
    const answers = await Promise.all(
      Array.from({ length: 90 }, (_, at) => client.ask(at % 2 === 0 ? alice : { cookie: '_pomerium=bob' })),
    )
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array.from({ length: 90 }, (_, at) => (at % 2 === 0 ? 200 : 403)),
    )
    assert.equal(proxyQuestions(encrypted) - asked, 90)
  })

  it('is in the access record', async () => {
    using client = new Http2Client(clear.port)
    await client.ask(alice)
    const record = clear.log.lines.findLast(({ message }) => message === 'http-request')
    const { protocol, status } = record?.fields['httpRequest'] as { protocol: string; status: number }
    assert.deepEqual([protocol, status, record?.fields['authority']], ['HTTP/2', 200, 'app.test'])
  })

  it('sends a stranger who navigates to sign in, and tells a program', async () => {
    using client = new Http2Client(encrypted.port, { ca })
    const page = await client.ask({ accept: 'text/html' })
    assert.equal(page.status, 302)
    assert.match(String(page.headers['set-cookie']), /_pomerium_csrf_/)
    const program = await client.ask({ accept: 'application/json', ':method': 'POST' }, '{}')
    assert.deepEqual([program.status, program.headers['connection']], [401, undefined])
  })

  it('HEAD, 204 and 304 have no body', async () => {
    using client = new Http2Client(clear.port)
    upstream.reply = ({ method }, socket) =>
      socket.write(
        method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n' : 'HTTP/1.1 304 Not Modified\r\n\r\n',
      )
    const head = await client.ask({ ...alice, ':method': 'HEAD' })
    assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '9', ''])
    assert.equal((await client.ask(alice)).status, 304)
    const own = await client.ask({ ':method': 'HEAD', ':path': '/ping' })
    assert.deepEqual([own.status, own.headers['content-length'], own.body], [200, '2', ''])
  })

  it('keeps repeats, drops what belongs to a connection, and cuts nothing off', async () => {
    using client = new Http2Client(clear.port)
    upstream.reply = (_request, socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\nX-Drop: 1\r\nConnection: x-drop\r\n' +
          'X-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n',
      )
    const { headers } = await client.ask({ ...alice, 'x-mine': ['1', '2'] })
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
    assert.deepEqual([headers['x-a'], headers['x-drop'], headers['keep-alive']], ['1, 2', undefined, undefined])
    assert.deepEqual(upstream.requests[0]?.values('x-mine'), ['1', '2'])
  })

  it('waits for 100 Continue where it says so', async () => {
    using client = new Http2Client(clear.port)
    const { stream, answer } = client.open({ ...alice, ':method': 'POST', expect: '100-continue' })
    await new Promise((resolve) => stream.once('continue', resolve))
    stream.end('now')
    assert.equal((await answer).status, 200)
    assert.equal(upstream.requests[0]?.body.toString(), 'now')
    assert.deepEqual(upstream.requests[0].values('expect'), [])
  })

  it('is told 421 where a host is not ours and the connection was opened for another (RFC 9110 §7.4)', async () => {
    using client = new Http2Client(encrypted.port, { ca })
    assert.equal((await client.ask({ ...alice, ':authority': 'other.test' })).status, 421)
    assert.equal((await client.ask({ ...alice, ':authority': 'quick.test' })).status, 200)
    using direct = new Http2Client(encrypted.port, { ca, servername: 'other.test' })
    assert.equal((await direct.ask({ ...alice, ':authority': 'other.test' })).status, 404)
    using unencrypted = new Http2Client(clear.port)
    assert.equal((await unencrypted.ask({ ...alice, ':authority': 'other.test' })).status, 404)
  })

  it('shows new certificates to new connections, and keeps the old ones', async () => {
    await using proxy = await startProxyUnderTest({
      routes: [aRoute('app.test', upstream.url)],
      config: { tls: { certificates: [pair('app.test')] } },
    })
    using before = new Http2Client(proxy.port, { ca })
    await before.ask(alice)
    proxy.configure({ tls: { certificates: [pair('renewed.test', 'app.test')] } })
    assert.equal((await before.ask(alice)).status, 200)
    using later = new Http2Client(proxy.port, { ca, servername: 'renewed.test' })
    assert.equal((await later.ask(alice)).status, 200)
  })
})

describe('HTTP/2 when one side goes away', () => {
  it('an answer that breaks off is reset, never ended (REL-L4)', async () => {
    using client = new Http2Client(clear.port)
    for (const framing of ['Content-Length: 100\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n']) {
      upstream.reply = (_request, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${framing}`)
        setTimeout(() => socket.end(), 20)
      }
      await assert.rejects(client.ask(alice), (error: ResetError) => {
        assert.deepEqual([error.rstCode, error.body], [constants.NGHTTP2_INTERNAL_ERROR, 'half'])
        return true
      })
    }
    assert.equal(client.session.destroyed, false)
  })

  it('a client that resets its request takes the upstream with it (REL-M2)', async () => {
    upstream.reply = (_request, socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n')
    using client = new Http2Client(clear.port)
    const { stream } = client.open(alice)
    stream.end()
    await new Promise((resolve) => stream.once('data', resolve))
    const before = upstream.closed
    stream.close(constants.NGHTTP2_CANCEL)
    await upstream.until(() => upstream.closed > before, 1000)
    // The others on the connection do not notice.
    upstream.reset()
    assert.equal((await client.ask(alice)).status, 200)
  })

  it('so does one that ends its connection, in whichever way', async () => {
    for (const leave of [
      (client: Http2Client) => client.session.destroy(),
      (client: Http2Client) => client.session.socket.destroy(),
    ]) {
      upstream.reply = () => undefined
      using client = new Http2Client(clear.port)
      const asked = upstream.requests.length
      client.ask(alice).catch(() => undefined)
      await upstream.until(() => upstream.requests.length > asked)
      const before = upstream.closed
      leave(client)
      await upstream.until(() => upstream.closed > before, 1000)
    }
  })

  for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL]) {
    it(`an upload that is reset with code ${String(code)} is never a whole one (REL-M1)`, async () => {
      using client = new RawHttp2(clear.port)
      client.request(
        1,
        headerBlock(
          ':method',
          'POST',
          ':scheme',
          'http',
          ':path',
          '/',
          ':authority',
          'app.test',
          'cookie',
          aliceCookie,
        ),
        flags.endHeaders,
      )
      client.send(frame(frameTypes.data, flags.none, 1, Buffer.from('half')))
      await upstream.until(() => upstream.bytes.includes('half'))
      const before = upstream.closed
      client.send(frame(frameTypes.reset, flags.none, 1, Buffer.from([0, 0, 0, code])))
      await upstream.until(() => upstream.closed > before, 1000)
      assert.deepEqual(upstream.requests, [])
    })
  }

  it('an answer that comes before the upload has ended reaches the client, which is asked to stop', async () => {
    using client = new Http2Client(clear.port)
    const { stream, answer } = client.open({ cookie: '_pomerium=bob', ':method': 'POST', accept: 'application/json' })
    stream.on('error', () => undefined)
    const upload = setInterval(() => stream.write(Buffer.alloc(64 * 1024)), 1)
    const { status } = await answer
    clearInterval(upload)
    assert.equal(status, 403)
    assert.deepEqual(upstream.requests, [])
  })
})

describe('HTTP/2 at the pace of the slower side', () => {
  it('a slow reader holds the upstream back, and no other stream (REL-Q2)', async () => {
    const size = 64 * 1024 * 1024
    let written = 0
    upstream.reply = ({ target }, socket) => {
      if (target !== '/large') {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        return
      }
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(size)}\r\n\r\n`)
      const fill = (): void => {
        while (written < size && socket.write(Buffer.alloc(64 * 1024))) written += 64 * 1024
      }
      socket.on('drain', fill)
      fill()
    }
    using client = new Http2Client(clear.port)
    const stream = client.session.request({ ':path': '/large', ':authority': 'patient.test', ...alice })
    stream.pause()
    await new Promise((resolve) => stream.once('response', resolve))
    await stillness(() => written)
    assert.ok(written < size / 2, `${String(written)} bytes were taken from the upstream`)
    assert.equal((await client.ask(alice)).status, 200)
    stream.resume()
    await new Promise((resolve) => stream.once('end', resolve))
  })

  it('a slow upstream holds the upload back', async () => {
    let sent = 0
    using client = new Http2Client(clear.port)
    const { stream } = client.open({ ':authority': 'patient.test', ':method': 'POST', ...alice })
    upstream.pause()
    const chunk = Buffer.alloc(64 * 1024)
    const fill = (): void => {
      for (; sent < 64 * 1024 * 1024; sent += chunk.length) if (!stream.write(chunk)) return
    }
    stream.on('drain', fill)
    fill()
    await stillness(() => sent)
    upstream.resume()
    assert.ok(sent < 32 * 1024 * 1024, `${String(sent)} bytes were taken from the client`)
    stream.close(constants.NGHTTP2_CANCEL)
  })

  it('nobody who stands still is waited for (DOS-02)', async () => {
    using client = new Http2Client(clear.port)
    const { stream, answer } = client.open({ ':authority': 'quick.test', ':method': 'POST', ...alice })
    stream.write('a')
    assert.equal((await answer).status, 504)
    upstream.reply = (_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const chunk = Buffer.alloc(256 * 1024)
      const fill = (): void => {
        while (socket.writable && socket.write(Buffer.concat([Buffer.from('40000\r\n'), chunk, Buffer.from('\r\n')])));
      }
      socket.on('drain', fill)
      fill()
    }
    const before = upstream.closed
    const unread = client.session.request({ ':authority': 'quick.test', ...alice })
    unread.on('error', () => undefined)
    await new Promise((resolve) => unread.once('close', resolve))
    await eventually('the upstream is let go', 1000, () => upstream.closed > before)
  })

  it('a connection on which nothing is asked is ended: before the first request, and later', async () => {
    await using proxy = await startProxyUnderTest({
      routes: [aRoute('app.test', upstream.url), aRoute('gone.test', new URL('http://127.0.0.1:1'))],
      config: {
        timeouts: { readMs: 200, writeMs: 0, idleMs: 300 },
        tls: { certificates: [pair('app.test')] },
      },
    })
    using silent = new Http2Client(proxy.port, { ca })
    await new Promise((resolve) => silent.session.once('close', resolve))
    using idle = new Http2Client(proxy.port, { ca })
    assert.equal((await idle.ask(alice)).status, 200)
    await new Promise((resolve) => idle.session.once('close', resolve))
    assert.equal(idle.goAways, 1)
    // Also after requests whose bodies nobody wanted.
    using busy = new Http2Client(proxy.port, { ca })
    const post = { ':method': 'POST', accept: 'application/json' }
    const bob = await busy.ask({ ...post, cookie: '_pomerium=bob' }, 'x'.repeat(1000))
    const nowhere = await busy.ask({ ...post, ...alice, ':authority': 'gone.test' }, 'x'.repeat(1000))
    assert.deepEqual([bob.status, nowhere.status], [403, 502])
    await new Promise((resolve) => busy.session.once('close', resolve))
    await using behind = await startProxyUnderTest({
      routes: [],
      config: { timeouts: { readMs: 200, writeMs: 0, idleMs: 300 } },
    })
    using mute = new RawClient(behind.port)
    await mute.until(() => mute.ended)
  })
})

describe('HTTP/2 while the proxy stops (REL-P1)', () => {
  it('GOAWAY names what is still answered, what comes later is not taken, and the connection ends', async () => {
    const proxy = await startProxyUnderTest({ routes: [aRoute('app.test', upstream.url)] })
    upstream.reply = () => undefined
    using client = new RawHttp2(proxy.port)
    using other = new Http2Client(proxy.port)
    const slow = other.ask(alice)
    const block = headerBlock(
      ':method',
      'GET',
      ':scheme',
      'http',
      ':path',
      '/',
      ':authority',
      'app.test',
      'cookie',
      aliceCookie,
    )
    client.request(1, block)
    await upstream.until(() => upstream.requests.length === 2)
    const stopped = proxy[Symbol.asyncDispose]()
    await client.until(() => client.of(frameTypes.goAway, 0) !== undefined)
    client.request(3, block)
    upstream.answerAll('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    assert.equal(await client.outcome(1), '200')
    assert.equal((await slow).status, 200)
    await client.until(() => client.ended)
    const last = client.frames
      .filter(({ type }) => type === frameTypes.goAway)
      .map(({ payload }) => payload.readUInt32BE(0))
    assert.deepEqual([...new Set(last)], [1])
    assert.equal(client.of(frameTypes.headers, 3), undefined)
    assert.equal(upstream.requests.length, 2)
    await stopped
  })
})

describe('curl', { skip: hasCurl ? false : 'no curl with HTTP/2' }, () => {
  it('speaks HTTP/2 with TLS and by prior knowledge', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-http2-'))
    context.after(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'ca.pem'), ca)
    const withTls = ['--http2', '--cacert', join(folder, 'ca.pem')]
    const body = 'x'.repeat(3 * 1024 * 1024)
    await writeFile(join(folder, 'body'), body)
    for (const [proxy, scheme, options] of [
      [encrypted, 'https', withTls],
      [clear, 'http', ['--http2-prior-knowledge']],
    ] as const) {
      const common = [
        ...options,
        '-sS',
        '-m',
        '10',
        '--resolve',
        `app.test:${String(proxy.port)}:127.0.0.1`,
        '-b',
        aliceCookie,
      ]
      const url = `${scheme}://app.test:${String(proxy.port)}/`
      assert.equal(await curl(...common, '-w', ' %{http_version} %{http_code}', url), 'ok 2 200')
      upstream.reset()
      await curl(...common, '-T', join(folder, 'body'), url)
      assert.equal(upstream.requests[0]?.body.length, body.length)
    }
  })
})

function proxyQuestions({ checker }: ProxyUnderTest): number {
  return checker.questions.length
}

/** Waits until a number does not change any more: what fits into buffers has left. */
async function stillness(value: () => number): Promise<void> {
  let before = -1
  while (before !== value()) {
    before = value()
    await sleep(200)
  }
}

function curl(...args: string[]): Promise<string> {
  const child = spawn('curl', args)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) => child.once('close', () => resolve(output)))
}
