import assert from 'node:assert/strict'
import { createServer as createHttps, type Server as HttpsServer } from 'node:https'
import {
  constants,
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { ProxyRoute } from '@postern/shared/config/model.ts'
import { CertificateAuthority } from '../../../dev/src/x509/certificate-authority.ts'
import { eventually } from '../../support/eventually.ts'
import { Http2Client, type ResetError } from '../../support/http2-client.ts'
import {
  aliceCookie,
  aRoute,
  noTokens,
  startProxyUnderTest,
  type ProxyUnderTest,
} from '../../support/proxy-under-test.ts'
import { flags, frame, frameTypes, headerBlock, RawHttp2 } from '../../support/raw-http2.ts'
import { sendRaw } from '../../support/raw-client.ts'

const authority = new CertificateAuthority('test authority')
const issued = authority.issue({ commonName: 'up.test', dnsNames: ['up.test'], ipAddresses: [] })
const tls = { cert: issued.certificate, key: issued.key }

type Behaviour = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void
const ok: Behaviour = (stream) => {
  stream.respond({ ':status': 200 })
  stream.end('ok')
}

/** An HTTP/2 upstream that does what a test wants. */
const upstream = createServer({ settings: { maxConcurrentStreams: 10 } })
const sessions: ServerHttp2Session[] = []
let behaviour: Behaviour = ok
const seen: IncomingHttpHeaders[] = []

const both = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
  let length = 0
  request.on('data', (chunk: Buffer) => (length += chunk.length))
  request.on('end', () => response.end(`${request.httpVersion} ${String(length)}`))
})
let old: HttpsServer
let proxy: ProxyUnderTest
let client: Http2Client

before(async () => {
  upstream.on('session', (session) => sessions.push(session))
  upstream.on('stream', (stream, headers) => {
    seen.push(headers)
    stream.on('error', () => undefined)
    behaviour(stream, headers)
  })
  old = createHttps(tls, (request, response) => {
    let length = 0
    request.on('data', (chunk: Buffer) => (length += chunk.length))
    request.on('end', () => response.end(`${request.httpVersion} ${String(length)}`))
  })
  const upstreamTls = { skipVerify: false, serverName: 'up.test', ca: authority.certificate }
  const url = new URL(`http://127.0.0.1:${String(await listening(upstream))}`)
  const h2c = (host: string, more: Partial<ProxyRoute> = {}) =>
    aRoute(host, url, { upstreams: [{ url, weight: 1, h2c: true }], ...more })
  proxy = await startProxyUnderTest({
    routes: [
      h2c('app.test'),
      h2c('quick.test', { timeoutMs: 0, idleTimeoutMs: 400 }),
      h2c('patient.test', { timeoutMs: 0, idleTimeoutMs: 0 }),
      h2c('run.test', { serverless: { audience: 'https://hello.a.run.app', header: 'x-serverless-authorization' } }),
      aRoute('both.test', new URL(`https://127.0.0.1:${String(await listening(both))}`), { upstreamTls }),
      aRoute('old.test', new URL(`https://127.0.0.1:${String(await listening(old))}`), { upstreamTls }),
    ],
    idTokens: { ...noTokens, idToken: () => Promise.resolve('header.payload.signature') },
  })
  client = new Http2Client(proxy.port)
})
beforeEach(() => {
  behaviour = ok
  seen.length = 0
})
after(async () => {
  client[Symbol.dispose]()
  await proxy[Symbol.asyncDispose]()
  for (const session of sessions) session.destroy()
  for (const server of [upstream, both, old]) server.close()
  old.closeAllConnections()
})

const alice = { cookie: aliceCookie }
const post = { ...alice, ':method': 'POST' }
const grpc = { ...post, 'content-type': 'application/grpc', te: 'trailers' }
const http1 = (host: string, line: string, ...lines: string[]) =>
  sendRaw(proxy.port, [line, `Host: ${host}`, `Cookie: ${aliceCookie}`, ...lines, '', ''].join('\r\n'))

describe('an upstream with TLS that speaks both (ALPN)', () => {
  it('gets by HTTP/2 what needs it, and all else by HTTP/1.1', async () => {
    const ask = async (headers: Record<string, string>, body?: string) =>
      (await client.ask({ ...headers, ':authority': 'both.test' }, body)).body
    assert.equal(await ask(grpc, '12345'), '2.0 5')
    assert.equal(await ask(post, '12345'), '2.0 5')
    assert.equal(await ask({ ...post, 'content-length': '5' }, '12345'), '1.1 5')
    assert.equal(await ask({ ...grpc, 'content-length': '5' }, '12345'), '2.0 5')
    assert.match((await http1('both.test', 'GET / HTTP/1.1')).text, /1\.1 0$/)
    const chunked = `POST / HTTP/1.1\r\nHost: both.test\r\nCookie: ${aliceCookie}\r\nTransfer-Encoding: chunked\r\n\r\n`
    assert.match((await sendRaw(proxy.port, `${chunked}1\r\nx\r\n0\r\n\r\n`)).text, /1\.1 1$/)
  })

  it('that speaks only HTTP/1.1 gets that, and is not asked for the other each time', async () => {
    for (const body of ['12345', '678']) {
      const answer = await client.ask({ ...grpc, ':authority': 'old.test' }, body)
      assert.equal(answer.body, `1.1 ${String(body.length)}`)
    }
  })
})

describe('an HTTP/2 upstream', () => {
  it('sees te only where the client said it, and nothing of the connection', async () => {
    await client.ask(grpc, 'x')
    assert.deepEqual(
      [seen[0]?.['te'], seen[0]?.connection, seen[0]?.['content-type']],
      ['trailers', undefined, 'application/grpc'],
    )
    await client.ask(post, 'x')
    assert.equal(seen[1]?.['te'], undefined)
  })

  it('may end with trailers, but not with ones that would be headers of the answer (SMG-16)', async () => {
    behaviour = (stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.once('wantTrailers', () =>
        stream.sendTrailers({
          'x-sum': 'abc',
          'set-cookie': '_pomerium=theirs',
          'x-pomerium-claim-email': 'root@example.com',
          'postern-error': 'NONE',
        }),
      )
      stream.end('body')
    }
    const { trailers, body } = await client.ask(alice)
    assert.deepEqual([Object.entries(trailers), body], [[['x-sum', 'abc']], 'body'])
    const old = await http1('app.test', 'GET / HTTP/1.1')
    assert.match(old.text, /body\r\n0\r\n\r\n$/)
  })

  it('may send interim answers, up to a bound (REL-L6)', async () => {
    const interim =
      (count: number): Behaviour =>
      (stream) => {
        for (let at = 0; at < count; at += 1) stream.additionalHeaders({ ':status': 103, link: '</a>' })
        stream.respond({ ':status': 200, 'x-final': 'yes' })
        stream.end('ok')
      }
    behaviour = interim(3)
    assert.equal((await client.ask(alice)).headers['x-final'], 'yes')
    behaviour = interim(40)
    assert.equal((await client.ask({ ...alice, accept: 'application/json' })).status, 502)
  })

  it('with a thousand headers is passed on, with more it is 502 and never cut short (SMG-22)', async () => {
    const many =
      (count: number): Behaviour =>
      (stream) => {
        stream.respond({
          ...Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${String(at)}`, 'v'])),
          'content-security-policy': "default-src 'none'",
        })
        stream.end('ok')
      }
    behaviour = many(900)
    const whole = await http1('app.test', 'GET / HTTP/1.1')
    assert.match(whole.text, /^x-899: v\r$[\s\S]*^content-security-policy: /m)
    behaviour = many(1050)
    assert.equal((await client.ask({ ...alice, accept: 'application/json' })).status, 502)
    behaviour = many(3000)
    assert.equal((await client.ask({ ...alice, accept: 'application/json' })).status, 502)
  })

  it('that answers before the upload has ended is heard, and the upload stops (REL-L7)', async () => {
    behaviour = (stream) => {
      stream.respond({ ':status': 413 })
      stream.end('too large')
    }
    const { stream, answer } = client.open({ ...post, ':authority': 'patient.test' })
    stream.write(Buffer.alloc(1024))
    const { status, body } = await answer
    assert.deepEqual([status, body], [413, 'too large'])
  })

  it('that refuses our token is 502 with the reason in the log (HDR-22)', async () => {
    behaviour = (stream) => {
      stream.respond({ ':status': 401, server: 'Google Frontend', 'www-authenticate': 'Bearer error="invalid_token"' })
      stream.end('nope')
    }
    const answer = await client.ask({ ...alice, ':authority': 'run.test', accept: 'application/json' })
    assert.deepEqual([answer.status, answer.headers['postern-error']], [502, 'UPSTREAM_REFUSED_TOKEN'])
    assert.equal(seen[0]?.['x-serverless-authorization'], 'Bearer header.payload.signature')
  })
})

describe('an HTTP/2 upstream that goes away', () => {
  for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL, constants.NGHTTP2_INTERNAL_ERROR]) {
    it(`in the middle of its answer, with code ${String(code)}, has not ended it (REL-L4)`, async () => {
      behaviour = (stream) => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true })
        stream.write('half', () => setTimeout(() => stream.close(code), 20))
      }
      await assert.rejects(client.ask(alice), (error: ResetError) => {
        assert.deepEqual([error.rstCode, error.body], [constants.NGHTTP2_INTERNAL_ERROR, 'half'])
        return true
      })
      assert.doesNotMatch((await http1('app.test', 'GET / HTTP/1.1', 'Connection: close')).text, /0\r\n\r\n$/)
    })
  }

  it('a stream that it refuses is asked again where that can be done; gRPC clients are told (RFC 9113 §8.7)', async () => {
    let refusals = 0
    const refuseOnce: Behaviour = (stream, headers) => {
      if (refusals-- > 0) stream.close(constants.NGHTTP2_REFUSED_STREAM)
      else ok(stream, headers)
    }
    behaviour = refuseOnce
    refusals = 2
    assert.equal((await http1('app.test', 'GET / HTTP/1.1')).status, 200)
    refusals = 1
    assert.equal((await http1('app.test', 'DELETE / HTTP/1.1')).status, 200)
    refusals = 1
    await assert.rejects(client.ask(grpc, 'x'), { rstCode: constants.NGHTTP2_REFUSED_STREAM })
    refusals = 1
    assert.equal((await http1('app.test', 'POST / HTTP/1.1', 'Content-Length: 0')).status, 200)
    refusals = 5
    assert.equal((await http1('app.test', 'GET / HTTP/1.1')).status, 502)
  })

  it('GOAWAY: what it took is finished, what comes next goes elsewhere (REL-L5)', async () => {
    behaviour = (stream) => {
      stream.respond({ ':status': 200 })
      stream.write('one ')
      stream.session?.close()
      setTimeout(() => stream.end('two'), 100)
    }
    const before = sessions.length
    const first = client.ask(alice)
    await eventually('it was asked', 1000, () => seen.length === 1)
    behaviour = ok
    const second = await client.ask(alice)
    assert.deepEqual([second.body, (await first).body], ['ok', 'one two'])
    assert.equal(sessions.length, before + 1)
  })

  it('a connection that is lost under a request is 502, under an idle one nothing', async () => {
    behaviour = (stream) => stream.session?.destroy()
    assert.equal((await client.ask({ ...post, accept: 'application/json' }, 'x')).status, 502)
    behaviour = ok
    assert.equal((await client.ask(alice)).status, 200)
    for (const session of sessions) session.destroy()
    assert.equal((await client.ask(alice)).status, 200)
  })

  it('a client that leaves takes its stream with it, and no other (REL-M1, REL-M2)', async () => {
    const closed: { code: number | undefined; hasEnded: boolean }[] = []
    behaviour = (stream) => {
      let hasEnded = false
      stream.on('end', () => (hasEnded = !stream.aborted && !stream.closed)).resume()
      stream.once('close', () => closed.push({ code: stream.rstCode, hasEnded }))
    }
    const before = sessions.length
    using raw = new RawHttp2(proxy.port)
    const head = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'app.test', 'cookie', aliceCookie]
    raw.request(1, headerBlock(...head), flags.endHeaders)
    raw.send(frame(frameTypes.data, flags.none, 1, Buffer.from('half')))
    const download = client.session.request({ ...alice, ':path': '/d', ':authority': 'app.test' })
    download.on('error', () => undefined)
    await eventually('both were asked', 1000, () => seen.length === 2)
    raw.send(frame(frameTypes.reset, flags.none, 1, Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL])))
    await eventually('the upload was taken back', 1000, () => closed.length === 1)
    assert.deepEqual(closed, [{ code: constants.NGHTTP2_CANCEL, hasEnded: false }])
    download.close(constants.NGHTTP2_CANCEL)
    await eventually('the download too', 1000, () => closed.length === 2)
    assert.ok(sessions.length <= before + 1)
  })
})

describe('many requests to an HTTP/2 upstream', () => {
  it('share connections as far as it allows, and then open others', async () => {
    const waiting: ServerHttp2Stream[] = []
    behaviour = (stream) => waiting.push(stream)
    const before = sessions.filter(({ destroyed }) => !destroyed).length
    const answers = Array.from({ length: 35 }, () => client.ask(alice))
    await eventually('all were asked at once', 3000, () => waiting.length === 35)
    const open = sessions.filter(({ destroyed }) => !destroyed).length
    assert.ok(open >= 4 && open <= Math.max(before, 1) + 5, `${String(open)} connections`)
    for (const stream of waiting) ok(stream, {})
    assert.ok((await Promise.all(answers)).every(({ status }) => status === 200))
  })

  it('idle time counts only while nothing moves in either direction', async () => {
    behaviour = (stream) => {
      stream.respond({ ':status': 200 })
      stream.write('.')
      stream.resume()
    }
    const { stream, answer } = client.open({ ...post, ':authority': 'quick.test' })
    await new Promise((resolve) => stream.once('data', resolve))
    // Only the client speaks for longer than the idle time.
    for (let at = 0; at < 8; at += 1) {
      stream.write('.')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    assert.equal(stream.closed, false)
    await assert.rejects(answer, { rstCode: constants.NGHTTP2_INTERNAL_ERROR })
  })

  it('a slow reader holds it back, with memory in bounds', async () => {
    let written = 0
    const size = 64 * 1024 * 1024
    behaviour = (stream) => {
      stream.respond({ ':status': 200 })
      const fill = (): void => {
        while (written < size && stream.write(Buffer.alloc(64 * 1024))) written += 64 * 1024
      }
      stream.on('drain', fill)
      fill()
    }
    const stream = client.session.request({ ':authority': 'patient.test', ...alice })
    stream.on('error', () => undefined)
    stream.pause()
    await new Promise((resolve) => stream.once('response', resolve))
    let before = -1
    while (before !== written) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    assert.ok(written < 16 * 1024 * 1024, `${String(written)} bytes were taken`)
    stream.close(constants.NGHTTP2_CANCEL)
  })
})

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
