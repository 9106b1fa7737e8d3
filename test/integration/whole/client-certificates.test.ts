import assert from 'node:assert/strict'
import { randomBytes, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request, type RequestOptions } from 'node:https'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { after, before, describe, it } from 'node:test'
import { startAll } from '@postern/cli/run.ts'
import { CertificateAuthority, type IssuedCertificate } from '@postern/dev/x509/certificate-authority.ts'
import { describeIssue } from '@postern/shared/config/config-issue.ts'
import { loadConfig, type LoadedConfig } from '@postern/shared/config/load-config.ts'
import { Replaceable } from '@postern/shared/lifecycle/live.ts'
import { WebSocket } from 'ws'
import { eventually } from '../../support/eventually.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { startApplication, type Seen } from '../../support/whole-stack.ts'

const root = new CertificateAuthority('Company Root')
const partner = new CertificateAuthority('Partner Root')
const server = new CertificateAuthority('Server').issue({ commonName: 'app.test', dnsNames: ['*.test'] })
const ada = root.issue({
  commonName: 'ada',
  dnsNames: ['ada.example.com', 'www.ada.example.com'],
  emails: ['ada@example.com'],
  uris: ['https://x/, DNS:ceo.example.com'],
})
const base64 = (value: string): string => Buffer.from(value).toString('base64')

const routes = (upstream: string): string => `
- {from: https://app.test, to: ${upstream}, allow_public_unauthenticated_access: true, allow_websockets: true}
- {from: https://people.test, to: ${upstream}, allow_any_authenticated_user: true}
- from: https://named.test
  to: ${upstream}
  set_request_headers:
    x-fingerprint: "\${pomerium.client_cert_fingerprint}"
    x-names: "\${pomerium.client_cert_san_dns} \${pomerium.client_cert_san_email}"
  policy:
    - allow: { and: [{ client_certificate: { san_dns: ada.example.com } }] }
- {from: https://partner.test, to: ${upstream}, allow_public_unauthenticated_access: true, tls_downstream_client_ca: ${base64(partner.certificate)}}
`

function config(upstream: string, mtls: string): LoadedConfig {
  const yaml = `
address: 127.0.0.1:0
certificate: ${base64(server.certificate)}
certificate_key: ${base64(server.key)}
authenticate_service_url: https://auth.test
shared_secret: ${secret}
cookie_secret: ${secret}
idp_provider: google
idp_client_id: x.apps.googleusercontent.com
idp_client_secret: s3cr3t
downstream_mtls: ${mtls}
routes:
${routes(upstream)}
`
  const file = { path: 'config.yaml', text: yaml }
  const loaded = loadConfig({ file, env: {}, readFile: () => '' })
  if (loaded.kind === 'ok') return loaded.config
  throw new Error(loaded.issues.map(describeIssue).join('\n'))
}
const secret = randomBytes(32).toString('base64')

const usual = `{ca: ${base64(root.certificate)}}`

describe('a proxy that asks browsers for certificates', () => {
  const running = new AsyncDisposableStack()
  const seen: Seen[] = []
  let live: Replaceable<LoadedConfig>
  let upstream: string
  let port: number
  before(async () => {
    upstream = await startApplication(running, seen)
    live = new Replaceable(config(upstream, usual))
    const all = running.use(await startAll(live, { log: recordingLog() }))
    port = all.addresses['http']?.kind === 'tcp' ? all.addresses['http'].port : 0
  })
  after(() => running.disposeAsync())

  const base = (host: string, shown?: IssuedCertificate) => ({
    host: '127.0.0.1',
    port,
    servername: host,
    rejectUnauthorized: false,
    ...(shown ? { cert: shown.certificate, key: shown.key } : {}),
  })
  async function visit(host: string, shown?: IssuedCertificate, more: RequestOptions = {}) {
    const headers = { host, accept: 'text/html', 'sec-fetch-mode': 'navigate' }
    const asked = request({ ...base(host, shown), agent: false, headers, path: '/', ...more })
    asked.end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  }

  it('lets in whoever shows a valid one', async () => {
    assert.equal((await visit('app.test', ada)).status, 200)
  })

  it('tells the application which one that was, where the route says so', async () => {
    seen.length = 0
    const spoof = { host: 'named.test', 'x-fingerprint': 'spoofed' }
    assert.equal((await visit('named.test', ada, { headers: spoof })).status, 200)
    const fingerprint = new X509Certificate(ada.certificate).fingerprint256.replaceAll(':', '').toLowerCase()
    assert.equal(seen[0]?.headers['x-fingerprint'], fingerprint)
    assert.equal(seen[0].headers['x-names'], 'ada.example.com,www.ada.example.com ada@example.com')
  })

  it('refuses whoever shows none with 495, before anything else: nobody is sent to sign in for it', async () => {
    for (const host of ['app.test', 'people.test', 'named.test']) {
      seen.length = 0
      const answer = await visit(host)
      assert.equal(answer.status, 495, host)
      assert.equal(answer.headers['postern-error'], 'CLIENT_CERTIFICATE_REQUIRED')
      assert.match(answer.body, /client certificate/)
      assert.equal(answer.headers.location, undefined)
      assert.equal(seen.length, 0)
    }
  })

  it('lets sign in whoever shows a valid one', async () => {
    const answer = await visit('people.test', ada)
    assert.equal(answer.status, 302)
    assert.match(answer.headers.location ?? '', /^https:\/\/auth\.test\//)
  })

  it('holds rules about certificates against the one that is shown', async () => {
    assert.equal((await visit('named.test', ada)).status, 200)
    const eve = root.issue({ commonName: 'eve', dnsNames: ['eve.example.com'] })
    const answer = await visit('named.test', eve)
    assert.equal(answer.status, 403)
    assert.equal(answer.headers['postern-error'], 'ACCESS_DENIED')
  })

  it('takes certificates of a route’s own authorities on that route, and there no others', async () => {
    const theirs = partner.issue({ commonName: 'p', dnsNames: ['p.partner.example'] })
    const outcomes = [
      await visit('partner.test', theirs),
      await visit('partner.test', ada),
      await visit('app.test', theirs),
    ].map(({ status }) => status)
    assert.deepEqual(outcomes, [200, 495, 495])
  })

  it('does the same for a program, in JSON, and for one without a server name', async () => {
    const headers = { host: 'app.test', accept: 'application/json' }
    const answer = await visit('app.test', undefined, { headers })
    assert.equal(answer.status, 495)
    assert.match(String(answer.headers['content-type']), /json/)
    assert.equal((await visit('app.test', ada, { servername: '' })).status, 200)
    assert.equal((await visit('app.test', undefined, { servername: '' })).status, 495)
  })

  it('does the same over HTTP/2', async () => {
    for (const [shown, expected] of [
      [ada, 200],
      [undefined, 495],
    ] as const) {
      const socket = connect({ ...base('app.test', shown), ALPNProtocols: ['h2'] })
      const session = connectHttp2('https://app.test', { createConnection: () => socket })
      const stream = session.request({ ':path': '/', ':authority': 'app.test' })
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
      assert.equal(headers[':status'], expected)
      session.destroy()
    }
  })

  it('answers its own addresses to everybody: monitors show none', async () => {
    assert.equal((await visit('app.test', undefined, { path: '/ping' })).status, 200)
  })

  it('ends what is open when the certificate is revoked, and refuses it from then on', async () => {
    const lost = root.issue({ commonName: 'lost', dnsNames: ['lost.example.com'] })
    const open = async (shown: IssuedCertificate): Promise<WebSocket> => {
      const socket = new WebSocket(`wss://127.0.0.1:${String(port)}/`, {
        ...base('app.test', shown),
        headers: { host: 'app.test' },
      })
      await once(socket, 'open')
      return socket
    }
    const [one, other] = [await open(lost), await open(ada)]
    live.replace(
      config(
        upstream,
        `{ca: ${base64(root.certificate)}, crl: ${base64(root.revoke([lost.certificate]) + partner.revoke([]))}}`,
      ),
    )
    await eventually('the tunnel ends', 2_000, () => one.readyState !== WebSocket.OPEN)
    assert.equal(other.readyState, WebSocket.OPEN)
    assert.equal((await visit('app.test', lost)).status, 495)
    assert.equal((await visit('app.test', ada)).status, 200)
    other.terminate()
    live.replace(config(upstream, usual))
  })

  it('takes a new authority from the next connection on, and the old one no more', async () => {
    const next = new CertificateAuthority('Next Root')
    live.replace(config(upstream, `{ca: ${base64(next.certificate)}}`))
    const new_ = next.issue({ commonName: 'ada', dnsNames: ['ada.example.com'] })
    assert.equal((await visit('app.test', new_)).status, 200)
    assert.equal((await visit('app.test', ada)).status, 495)
    live.replace(config(upstream, usual))
  })

  it('leaves it to the policy where enforcement is policy', async () => {
    live.replace(config(upstream, `{ca: ${base64(root.certificate)}, enforcement: policy}`))
    assert.equal((await visit('app.test')).status, 200)
    assert.equal((await visit('named.test')).status, 495, 'the policy’s own rule needs one')
    live.replace(config(upstream, usual))
  })
})
