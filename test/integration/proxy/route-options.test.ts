import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Secret } from '@postern/shared/secret.ts'
import { connect } from 'node:tls'
import { CertificateAuthority } from '../../../dev/src/x509/certificate-authority.ts'
import { bodyOf, get, headerOf, startConfigured } from '../../support/configured-proxy.ts'
import type { ProxyUnderTest } from '../../support/proxy-under-test.ts'
import { allow } from '../../support/fake-checker.ts'
import { RawClient, sendRaw } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'

describe('which route a request belongs to', () => {
  let proxy: ProxyUnderTest
  const answering = (name: string, route: Readonly<Record<string, unknown>>) => ({
    ...route,
    response: { status: 200, body: name },
  })
  before(async () => {
    proxy = await startConfigured({
      routes: [
        answering('any app', { from: 'https://*.apps.test' }),
        answering('some app', { from: 'https://blue-*.apps.test' }),
        answering('two stars', { from: 'https://*.mid.*.test' }),
        answering('exact', { from: 'https://one.apps.test' }),
        answering('port', { from: 'https://app.test:8443' }),
        answering('regex', { from: 'https://app.test', regex: '/v[0-9]+/.*' }),
        answering('path', { from: 'https://app.test', path: '/exact' }),
        answering('prefix', { from: 'https://app.test', prefix: '/pre' }),
        answering('second name', { from: 'https://first.test', tls_downstream_server_name: 'second.test' }),
      ],
    })
  })
  after(() => proxy[Symbol.asyncDispose]())

  for (const [url, expected] of [
    ['one.apps.test/', 'exact'],
    ['blue-1.apps.test/', 'any app'],
    ['a.b.apps.test/', 'any app'],
    ['x.mid.y.test/', 'two stars'],
    ['app.test:8443/exact', 'port'],
    ['app.test:9000/exact', 'path'],
    ['app.test/v12/x', 'regex'],
    ['app.test/prefixed', 'prefix'],
    ['first.test/', 'second name'],
    ['second.test/', 'second name'],
  ] as const) {
    it(`${url}: ${expected}`, async () => assert.equal(bodyOf(await get(proxy.port, url)), expected))
  }
  for (const url of ['apps.test/', 'x.apps.test.evil/', 'app.test/other', 'app.test/a/v1/x', 'mid.y.test/']) {
    it(`${url}: none`, async () => assert.equal((await get(proxy.port, url)).status, 404))
  }
})

describe('where a route leads', () => {
  it('a unix socket, its path escaped or not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'postern socket-'))
    const application = createServer((request, response) =>
      response.end(`socket ${request.url} ${request.headers.host}`),
    )
    const path = join(folder, 'app.sock')
    await new Promise<void>((resolve) => application.listen(path, resolve))
    await using proxy = await startConfigured({ routes: [{ from: 'https://app.test', to: `unix://${path}` }] })
    assert.match(bodyOf(await get(proxy.port, 'app.test/x?y', 'Connection: close')), /socket \/x\?y localhost/)
    application.close()
    application.closeAllConnections()
    await rm(folder, { recursive: true })
  })

  it('a private Cloud Run service, for everybody, with its token', async () => {
    await using upstream = await Recorder.start()
    const asked: string[] = []
    const idTokens = {
      idToken: (audience: string) => {
        asked.push(audience)
        return Promise.resolve('a.b.c')
      },
      invalidate: () => undefined,
      warm: () => undefined,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
    const route = {
      from: 'https://app.test',
      to: upstream.url.href,
      enable_google_cloud_serverless_authentication: true,
      google_cloud_serverless_authentication_audience: 'https://hello.a.run.app',
    }
    await using proxy = await startConfigured({ routes: [route] }, { idTokens })
    assert.equal((await get(proxy.port, 'app.test/', 'X-Serverless-Authorization: Bearer forged')).status, 200)
    assert.deepEqual(upstream.requests[0]?.values('x-serverless-authorization'), ['Bearer a.b.c'])
    assert.deepEqual(asked, ['https://hello.a.run.app'])
  })
})

describe('cors_allow_preflight', () => {
  it('brings the application the question alone: no body, no cookie of ours, nothing that says who (PATH-26)', async () => {
    await using upstream = await Recorder.start()
    const routes = [{ from: 'https://app.test', to: upstream.url.href, cors_allow_preflight: true }]
    const decide = () => allow({ reasons: ['cors-request'] })
    await using proxy = await startConfigured({ routes }, { decide })
    const lines = [
      'Host: app.test',
      'Origin: https://other.test',
      'Access-Control-Request-Method: PUT',
      'Cookie: mine=1; _pomerium=forged',
      'X-Pomerium-Claim-Email: admin@example.com',
      'Content-Length: 5',
    ]
    const preflight = `OPTIONS /x HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\nhello`
    const answer = await sendRaw(proxy.port, preflight + preflight, 2)
    assert.deepEqual(answer.statuses, [200, 200])
    for (const seen of upstream.requests) {
      assert.deepEqual([seen.line, seen.body.length], ['OPTIONS /x HTTP/1.1', 0])
      const values = ['origin', 'cookie', 'content-length', 'x-pomerium-claim-email'].map((name) => seen.values(name))
      assert.deepEqual(values, [['https://other.test'], ['mine=1'], [], []])
    }
    assert.equal(upstream.requests.length, 2)
  })
})

describe('how long things may take', () => {
  it('timeout and default_upstream_timeout: 504; with WebSockets there is none', async () => {
    await using upstream = await Recorder.start()
    upstream.reply = () => undefined
    const to = upstream.url.href
    await using proxy = await startConfigured({
      default_upstream_timeout: '80ms',
      routes: [
        { from: 'https://default.test', to },
        { from: 'https://longer.test', to, timeout: '400ms' },
        { from: 'https://ws.test', to, allow_websockets: true },
      ],
    })
    using patient = new RawClient(proxy.port)
    patient.send('GET / HTTP/1.1\r\nHost: ws.test\r\n\r\n')
    const startedAt = performance.now()
    assert.equal((await get(proxy.port, 'default.test/')).status, 504)
    const afterDefault = performance.now()
    assert.equal((await get(proxy.port, 'longer.test/')).status, 504)
    assert.ok(afterDefault - startedAt < 400 && performance.now() - afterDefault > 300)
    assert.equal(patient.text, '')
  })

  it('idle_timeout: an answer in which nothing moves is broken off', async () => {
    await using upstream = await Recorder.start()
    upstream.reply = (_request, socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
    const routes = [{ from: 'https://app.test', to: upstream.url.href, timeout: '0s', idle_timeout: '1s' }]
    await using proxy = await startConfigured({ routes })
    using client = new RawClient(proxy.port)
    client.send('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n')
    await client.until(() => client.ended, 4000)
    assert.match(client.text, /half$/)
  })

  it('timeout_idle: as it is with TLS of our own, longer than a load balancer’s without', async () => {
    const authority = new CertificateAuthority('idle')
    const { certificate, key } = authority.issue({ commonName: 'app.test', dnsNames: ['app.test'], ipAddresses: [] })
    const written = {
      timeout_idle: '7s',
      routes: [{ from: 'https://app.test', response: { status: 200, body: 'ok' } }],
    }
    await using behind = await startConfigured(written)
    assert.equal(headerOf(await get(behind.port, 'app.test/'), 'keep-alive'), 'timeout=620')
    const tls = { certificates: [{ certificate, key: new Secret(key) }] } as const
    await using direct = await startConfigured(written, { config: { tls } })
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port: direct.port,
        ca: authority.certificate,
        servername: 'app.test',
      })
      socket.once('error', reject).once('data', (bytes: Buffer) => {
        socket.destroy()
        resolve(bytes.toString())
      })
      socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n')
    })
    assert.match(answer, /^keep-alive: timeout=7\r$/im)
  })
})
