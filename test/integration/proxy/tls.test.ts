import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { Secret } from '@postern/shared/secret.ts'
import type { CertificatePair, ProxyRoute } from '@postern/shared/config/model.ts'
import { CertificateAuthority } from '../../../dev/src/x509/certificate-authority.ts'
import { sendRaw } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'
import { aliceCookie, aRoute, startProxyUnderTest, type ProxyUnderTest } from '../../support/proxy-under-test.ts'

const authority = new CertificateAuthority('test authority')

function pair(...dnsNames: [string, ...string[]]): CertificatePair {
  const { certificate, key } = authority.issue({ commonName: dnsNames[0], dnsNames, ipAddresses: [] })
  return { certificate, key: new Secret(key) }
}

/** One request over TLS; resolves with the answer and the names in the server's certificate. */
async function ask(port: number, servername: string | undefined): Promise<{ text: string; names: string }> {
  const options = servername === undefined ? { checkServerIdentity: () => undefined } : { servername }
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca: authority.certificate, ...options })
  const { promise, resolve, reject } = Promise.withResolvers<{ text: string; names: string }>()
  let text = ''
  socket.once('error', reject)
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.on('close', () => resolve({ text, names }))
  let names = ''
  socket.once('secureConnect', () => {
    names = socket.getPeerCertificate().subjectaltname ?? ''
    socket.write(`GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nCookie: ${aliceCookie}\r\n\r\n`)
  })
  return promise
}

describe('a listener with TLS', () => {
  it('chooses the certificate by the name asked for, and takes new ones without a restart', async () => {
    await using upstream = await Recorder.start()
    const tls = { certificates: [pair('first.test'), pair('app.test'), pair('*.wild.test')] as const }
    await using proxy = await startProxyUnderTest({ routes: [aRoute('app.test', upstream.url)], config: { tls } })
    const answer = await ask(proxy.port, 'app.test')
    assert.match(answer.text, /^HTTP\/1\.1 200 [\s\S]*ok$/)
    assert.equal(answer.names, 'DNS:app.test')
    assert.equal((await ask(proxy.port, 'a.wild.test')).names, 'DNS:*.wild.test')
    assert.equal((await ask(proxy.port, undefined)).names, 'DNS:first.test')
    await assert.rejects(ask(proxy.port, 'other.test'))
    proxy.configure({ tls: { certificates: [pair('other.test')] } })
    assert.equal((await ask(proxy.port, 'other.test')).names, 'DNS:other.test')
  })
})

describe('an upstream with TLS (REL-R4)', () => {
  let upstream: ReturnType<typeof createServer>
  let proxy: ProxyUnderTest
  const seen: { servername: unknown; host: string | undefined }[] = []

  before(async () => {
    const ca = authority.certificate
    const { certificate, key } = authority.issue({ commonName: 'up.test', dnsNames: ['up.test'], ipAddresses: [] })
    upstream = createServer({ cert: certificate, key }, (request, response) => {
      seen.push({
        servername: Reflect.get(request.socket, 'servername'),
        host: request.headers.host,
      })
      response.end('secret ok')
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const url = new URL(`https://localhost:${(upstream.address() as AddressInfo).port}`)
    const route = (host: string, upstreamTls: Partial<ProxyRoute['upstreamTls']>, more: Partial<ProxyRoute> = {}) =>
      aRoute(host, url, {
        upstreamTls: { skipVerify: false, serverName: undefined, ...upstreamTls },
        allowWebsockets: true,
        ...more,
      })
    proxy = await startProxyUnderTest({
      routes: [
        route('good.test', { ca, serverName: 'up.test' }),
        route('preserve.test', { ca, serverName: 'up.test' }, { preserveHostHeader: true }),
        route('wrong-name.test', { ca }),
        route('no-ca.test', { serverName: 'up.test' }),
        route('skip.test', { skipVerify: true }),
      ],
    })
  })
  after(async () => {
    await proxy[Symbol.asyncDispose]()
    upstream.close()
    upstream.closeAllConnections()
  })

  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
  const send = (host: string, more = '') =>
    sendRaw(proxy.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${aliceCookie}\r\n${more}\r\n`)

  it('is reached under the name that its certificate is for; the Host header does not decide that', async () => {
    assert.match((await send('good.test')).text, /secret ok/)
    assert.equal(seen.at(-1)?.servername, 'up.test')
    assert.match((await send('preserve.test')).text, /secret ok/)
    assert.deepEqual(seen.at(-1), { servername: 'up.test', host: 'preserve.test' })
  })

  for (const host of ['wrong-name.test', 'no-ca.test']) {
    it(`${host}: a certificate that proves nothing is refused, for upgrades too`, async () => {
      const before = seen.length
      assert.equal((await send(host)).status, 502)
      assert.equal((await send(host, upgrade)).status, 502)
      assert.equal(seen.length, before)
    })
  }

  it('is asked the same way for an upgrade', async () => {
    assert.match((await send('good.test', upgrade)).text, /secret ok/)
    assert.equal(seen.at(-1)?.servername, 'up.test')
  })

  it('is believed blindly only where the operator says so', async () => {
    assert.equal((await send('skip.test')).status, 200)
  })
})
