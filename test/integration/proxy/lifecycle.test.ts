import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { RawClient, sendRaw } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'
import { aliceCookie, aRoute, startProxyUnderTest } from '../../support/proxy-under-test.ts'

function request(line: string, host = 'app.test', lines: readonly string[] = []): string {
  return [`${line} HTTP/1.1`, `Host: ${host}`, `Cookie: ${aliceCookie}`, ...lines, '', ''].join('\r\n')
}

describe('draining (REL-P1, REL-P2)', () => {
  it('finishes what is in flight, says Connection: close, and asks WebSockets to leave', async () => {
    await using upstream = await Recorder.start()
    const proxy = await startProxyUnderTest({
      routes: [aRoute('app.test', upstream.url), aRoute('ws.test', upstream.url, { allowWebsockets: true })],
      config: { healthListen: { kind: 'tcp', host: '127.0.0.1', port: 0 } },
    })
    const health = proxy.addresses['health']
    assert.equal(health?.kind, 'tcp')
    assert.equal((await sendRaw(health.port, 'GET /.pomerium/ready HTTP/1.1\r\nHost: x\r\n\r\n')).status, 200)

    upstream.reply = ({ target }, socket) => {
      if (target === '/ws')
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
    }
    using slow = new RawClient(proxy.port)
    using tunnel = new RawClient(proxy.port)
    using idle = new RawClient(proxy.port)
    tunnel.send(request('GET /ws', 'ws.test', ['Connection: upgrade', 'Upgrade: websocket']))
    await tunnel.until(() => tunnel.text.startsWith('HTTP/1.1 101'))
    slow.send(request('GET /slow'))
    await upstream.until(() => upstream.requests.length === 2)

    const stopped = proxy[Symbol.asyncDispose]()
    await tunnel.until(() => tunnel.ended)
    assert.ok(tunnel.text.endsWith('\x88\x02\x03\xe9'))
    await idle.until(() => idle.ended)
    assert.equal((await sendRaw(health.port, 'GET /.pomerium/ready HTTP/1.1\r\nHost: x\r\n\r\n')).status, 503)
    upstream.answerAll('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    await slow.until(() => slow.ended)
    assert.match(slow.text, /^HTTP\/1\.1 200 [\s\S]*Connection: close[\s\S]*ok$/)
    await stopped
  })
})

describe('a new configuration (REL-N2)', () => {
  it('counts for the next request; open sockets are asked about again', async () => {
    await using upstream = await Recorder.start()
    await using proxy = await startProxyUnderTest({ routes: [aRoute('app.test', upstream.url)] })
    assert.equal((await sendRaw(proxy.port, request('GET /', 'new.test'))).status, 404)
    proxy.configure({ routes: [aRoute('new.test', upstream.url)], revision: 'r2' })
    assert.equal((await sendRaw(proxy.port, request('GET /', 'new.test'))).status, 200)
    assert.equal((await sendRaw(proxy.port, request('GET /', 'app.test'))).status, 404)
    assert.equal(proxy.checker.questions.at(-1)?.configRevision, 'r2')
  })

  it('bounds the header block of connections that come after it', async () => {
    await using proxy = await startProxyUnderTest({ routes: [] })
    proxy.configure({ timeouts: { readMs: 300, writeMs: 0, idleMs: 0 } })
    using client = new RawClient(proxy.port)
    client.send('GET / HTTP/1.1\r\nHost: app.test\r\nX-')
    await client.until(() => client.ended, 8000)
    assert.match(client.text, /^HTTP\/1\.1 408 /)
  })
})

describe('fronting authenticate', () => {
  it('hands over everything on its host, cookies and all, over a unix socket', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'postern-front-'))
    context.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 'authenticate')
    const seen: { url: string | undefined; host: string | undefined; cookie: string | undefined; jwt: unknown }[] = []
    const authenticate = createServer(({ url, headers }, response) => {
      seen.push({ url, host: headers.host, cookie: headers.cookie, jwt: headers['x-pomerium-jwt-assertion'] })
      response.setHeader('set-cookie', '_pomerium_authenticate=1; Path=/')
      response.setHeader('x-pomerium-intercepted-response', 'true')
      response.end('sign in here')
    })
    await new Promise<void>((resolve) => authenticate.listen(path, resolve))
    context.after(() => authenticate.close())
    await using upstream = await Recorder.start()
    await using proxy = await startProxyUnderTest({
      routes: [aRoute('app.test', upstream.url)],
      config: { authenticateInternalUrl: new URL(`unix://${path}`) },
    })
    const lines = ['X-Pomerium-Jwt-Assertion: forged', 'Connection: close']
    const answer = await sendRaw(proxy.port, request('GET /.pomerium/sign_in?a=b', 'auth.test', lines))
    assert.equal(answer.status, 200)
    assert.match(answer.text, /^set-cookie: _pomerium_authenticate=1; Path=\/\r$/im)
    assert.match(answer.text, /^x-pomerium-intercepted-response: true\r$/im)
    assert.deepEqual(seen, [{ url: '/.pomerium/sign_in?a=b', host: 'auth.test', cookie: aliceCookie, jwt: undefined }])
    assert.deepEqual(proxy.checker.questions, [])
    authenticate.close()
    authenticate.closeAllConnections()
    const gone = await sendRaw(proxy.port, request('GET /oauth2/callback?code=c', 'auth.test'))
    assert.equal(gone.status, 503)
    assert.match(gone.text, /AUTHENTICATE_UNAVAILABLE/)
  })
})

describe('several upstreams', () => {
  it('take turns by weight', async () => {
    await using a = await Recorder.start()
    await using b = await Recorder.start()
    const upstreams = [
      { url: a.url, weight: 2 },
      { url: b.url, weight: 1 },
    ]
    await using proxy = await startProxyUnderTest({ routes: [aRoute('app.test', a.url, { upstreams })] })
    for (let sent = 0; sent < 6; sent += 1) await sendRaw(proxy.port, request('GET /'))
    assert.deepEqual([a.requests.length, b.requests.length], [4, 2])
  })
})

describe('a route that leads back to the proxy', () => {
  it('is noticed after a few rounds (508)', async () => {
    await using upstream = await Recorder.start()
    await using proxy = await startProxyUnderTest({ routes: [aRoute('app.test', upstream.url)] })
    const loop = aRoute('app.test', new URL(`http://127.0.0.1:${proxy.port}`), { preserveHostHeader: true })
    proxy.checker.decide = () => ({ kind: 'allow', reasons: [], setHeaders: [], removeHeaders: [], session: undefined })
    proxy.configure({ routes: [loop] })
    const answer = await sendRaw(proxy.port, request('GET /'))
    assert.equal(answer.status, 508)
    assert.ok(proxy.checker.questions.length < 10)
  })
})
