import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { startAll } from '@postern/cli/run.ts'
import { ada } from '@postern/dev/idp/people.ts'
import { startIdentityProvider } from '@postern/dev/identity-provider.ts'
import { anyPorts } from '@postern/dev/ports.ts'
import { describeIssue } from '@postern/shared/config/config-issue.ts'
import { loadConfig } from '@postern/shared/config/load-config.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import { WebSocketServer } from 'ws'
import { CertificateAuthority } from '../../dev/src/x509/certificate-authority.ts'
import { newVisitor, openChromium, signInAs } from '../support/chromium.ts'
import { recordingLog } from '../support/recording-log.ts'

const client = { clientId: 'postern', clientSecret: randomBytes(24).toString('base64url') }

/** An application that shows who is there, and says what is said to it over a WebSocket. */
async function startApplication(stack: AsyncDisposableStack): Promise<number> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/item') === true) response.end('item')
    else response.end(`hello ${String(request.headers['x-pomerium-claim-email'])}`)
  })
  const webSockets = new WebSocketServer({ server })
  webSockets.on('connection', (socket) => socket.on('message', (data) => socket.send((data as Buffer).toString())))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack.defer(() => {
    for (const socket of webSockets.clients) socket.terminate()
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

it('a browser signs in over HTTP/2 with TLS, loads a page of many parts, and opens a WebSocket beside it', async () => {
  await using stack = new AsyncDisposableStack()
  const ports = await anyPorts()
  const at = (name: string): string => `https://${name}.localhost:${String(ports.proxy)}`
  const idp = stack.use(
    await startIdentityProvider({
      ...client,
      port: ports.identityProvider,
      redirectUris: [`${at('authenticate')}/oauth2/callback`],
      postLogoutRedirectUris: [at('authenticate')],
    }),
  )
  const application = await startApplication(stack)
  const issued = new CertificateAuthority('test authority').issue({
    commonName: 'hello.localhost',
    dnsNames: ['hello.localhost', 'authenticate.localhost'],
    ipAddresses: [],
  })
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64')
  const text = JSON.stringify({
    address: `127.0.0.1:${String(ports.proxy)}`,
    certificate: base64(issued.certificate),
    certificate_key: base64(issued.key),
    authenticate_service_url: at('authenticate'),
    shared_secret: randomBytes(32).toString('base64'),
    cookie_secret: randomBytes(32).toString('base64'),
    idp_provider: 'oidc',
    idp_provider_url: idp.issuer,
    idp_client_id: client.clientId,
    idp_client_secret: client.clientSecret,
    jwt_claims_headers: { 'X-Pomerium-Claim-Email': 'email' },
    routes: [
      {
        from: at('hello'),
        to: `http://127.0.0.1:${String(application)}`,
        allow_websockets: true,
        pass_identity_headers: true,
        policy: [{ allow: { and: [{ domain: { is: 'example.com' } }] } }],
      },
    ],
  })
  const loaded = loadConfig({ file: { path: 'config.yaml', text }, env: {}, readFile: () => '' })
  assert.ok(loaded.kind === 'ok', loaded.kind === 'ok' ? '' : loaded.issues.map(describeIssue).join('\n'))
  stack.use(
    await startAll(fixed(loaded.config), { log: recordingLog(), sessions: stack.use(new MemorySessionStore()) }),
  )
  await using browser = await openChromium()
  await using visitor = await newVisitor(browser)
  const { page } = visitor

  await signInAs(page, `${at('hello')}/deep?q=1`, idp.issuer, ada)
  assert.equal(page.url(), `${at('hello')}/deep?q=1`)
  assert.match(await page.innerText('body'), /hello ada@example\.com/)
  const protocol = await page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol")
  assert.equal(protocol, 'h2')

  const items = await page.evaluate(async () => {
    const fetched = Array.from({ length: 60 }, async (_, item) => (await fetch(`/item/${String(item)}`)).text())
    return Promise.all(fetched)
  })
  assert.deepEqual([...new Set(items)], ['item'])

  const echoed = await page.evaluate(
    (url) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(url)
        socket.onopen = () => socket.send('over there')
        socket.onmessage = ({ data }) => resolve(data)
        socket.onerror = () => reject(new Error('no WebSocket'))
      }),
    `${at('hello').replace('https', 'wss')}/socket`,
  )
  assert.equal(echoed, 'over there')

  await page.goto(`${at('hello')}/.pomerium/`)
  assert.match(await page.innerText('body'), /ada@example\.com/)
})
