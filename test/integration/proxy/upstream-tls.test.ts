import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { TLSSocket } from 'node:tls'
import { CertificateAuthority } from '../../../dev/src/x509/certificate-authority.ts'
import { bodyOf, get, startConfigured } from '../../support/configured-proxy.ts'
import type { ProxyUnderTest } from '../../support/proxy-under-test.ts'

const authority = new CertificateAuthority('test authority')
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const server = authority.issue({ commonName: 'up.test', dnsNames: ['up.test'], ipAddresses: [] })
const client = authority.issue({ commonName: 'postern', dnsNames: ['postern.test'], ipAddresses: [] })
const stranger = new CertificateAuthority('another authority')

/** Says under which name it was asked and who asked. */
function application(needsClientCertificate: boolean): Server {
  const options = { cert: server.certificate, key: server.key, ca: authority.certificate }
  return createServer({ ...options, requestCert: needsClientCertificate }, (request: IncomingMessage, response) => {
    const { socket } = request
    const name: unknown = Reflect.get(socket, 'servername')
    const peer = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
    response.end(`name ${String(name)} client ${peer?.subject ?? 'nobody'}`)
  })
}

describe('certificate_authority', () => {
  it('vouches for applications besides the system’s authorities, where a route has none of its own', async () => {
    const each = application(false)
    await new Promise<void>((done) => each.listen(0, '127.0.0.1', done))
    const to = `https://127.0.0.1:${(each.address() as AddressInfo).port}`
    const routes = [
      { from: 'https://usual.test', to, tls_server_name: 'up.test', allow_websockets: true },
      { from: 'https://own.test', to, tls_server_name: 'up.test', tls_custom_ca: base64(stranger.certificate) },
      { from: 'https://wrong-name.test', to, tls_server_name: 'wrong.test' },
    ]
    for (const one of [authority, stranger, undefined]) {
      const trusted = one === authority
      const written = one && { certificate_authority: base64(one.certificate) }
      await using proxy = await startConfigured({ routes, ...written })
      const statuses = await Promise.all(
        ['usual', 'own', 'wrong-name'].map(async (host) => (await get(proxy.port, `${host}.test/`)).status),
      )
      assert.deepEqual(statuses, [trusted ? 200 : 502, 502, 502])
      const upgraded = await get(proxy.port, 'usual.test/', 'Connection: Upgrade', 'Upgrade: websocket')
      assert.equal(upgraded.status, trusted ? 200 : 502)
    }
    each.close()
    each.closeAllConnections()
  })
})

describe('TLS towards an upstream', () => {
  const open = application(false)
  const strict = application(true)
  const onSocket = application(false)
  let folder: string
  let proxy: ProxyUnderTest
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket']

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-upstream-'))
    const socket = join(folder, 'app.sock')
    const listening = [open, strict].map((each) => new Promise<void>((done) => each.listen(0, '127.0.0.1', done)))
    await Promise.all([...listening, new Promise<void>((done) => onSocket.listen(socket, done))])
    const to = `https://127.0.0.1:${(open.address() as AddressInfo).port}`
    const toStrict = `https://127.0.0.1:${(strict.address() as AddressInfo).port}`
    const trust = { tls_custom_ca: base64(authority.certificate) }
    const named = { ...trust, tls_server_name: 'up.test' }
    const routes = [
      ['named', { to, ...named }],
      ['upstream-name-wins', { to, ...trust, tls_server_name: 'wrong.test', tls_upstream_server_name: 'up.test' }],
      ['wrong-name', { to, ...trust, tls_server_name: 'wrong.test' }],
      ['system-bundle', { to, tls_server_name: 'up.test' }],
      ['other-ca', { to, tls_server_name: 'up.test', tls_custom_ca: base64(stranger.certificate) }],
      ['skip-verify', { to, tls_skip_verify: true, tls_custom_ca: base64(stranger.certificate) }],
      [
        'with-certificate',
        { to: toStrict, ...named, tls_client_cert: base64(client.certificate), tls_client_key: base64(client.key) },
      ],
      ['without-certificate', { to: toStrict, ...named }],
      ['in-socket', { to: `https+unix://${socket}`, ...named }],
    ] as const
    proxy = await startConfigured({
      routes: routes.map(([host, route]) => ({ from: `https://${host}.test`, allow_websockets: true, ...route })),
    })
  })
  after(async () => {
    await proxy[Symbol.asyncDispose]()
    for (const each of [open, strict, onSocket]) {
      each.close()
      each.closeAllConnections()
    }
    await rm(folder, { recursive: true })
  })

  const answers = [
    ['named', 'name up.test client nobody'],
    ['upstream-name-wins', 'name up.test client nobody'],
    ['skip-verify', 'name false client nobody'],
    ['with-certificate', 'name up.test client CN=postern'],
    ['in-socket', 'name up.test client nobody'],
  ] as const
  for (const [host, expected] of answers) {
    it(`${host}: ${expected}, for upgrades too`, async () => {
      assert.equal(bodyOf(await get(proxy.port, `${host}.test/`)).trim(), expected)
      assert.match((await get(proxy.port, `${host}.test/`, ...upgrade)).text, new RegExp(expected))
    })
  }

  for (const host of ['wrong-name', 'system-bundle', 'other-ca', 'without-certificate']) {
    it(`${host}: one of the two proves nothing, so nothing is said`, async () => {
      assert.equal((await get(proxy.port, `${host}.test/`)).status, 502)
      assert.equal((await get(proxy.port, `${host}.test/`, ...upgrade)).status, 502)
    })
  }
})
