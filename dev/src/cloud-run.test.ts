import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { UnsecuredJWT } from 'jose'
import { WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '@postern/shared/clock.ts'
import { startCloudRun, type CloudRun } from './cloud-run.ts'
import { GoogleKeys, proxyServiceAccount } from './google/google-keys.ts'

const audience = 'https://hello-abcdef-uc.a.run.app'
const noon = Date.parse('2026-11-22T12:00:00Z')
const clock: Clock = { now: () => new Date(noon) }

describe('the private Cloud Run stand-in', () => {
  let keys: GoogleKeys
  let cloudRun: CloudRun
  const heard: IncomingHttpHeaders[] = []
  const container = createServer((request, response) => {
    heard.push(request.headers)
    request.pipe(response)
  })
  const sockets = new WebSocketServer({ server: container })
  sockets.on('connection', (socket) => {
    socket.on('message', (message: Buffer) => {
      socket.send(message.toString())
    })
  })

  const token = (claims: Record<string, unknown> = {}, aud = audience) =>
    keys.idToken(proxyServiceAccount, aud, { clock, lifetimeSeconds: 3600, claims })
  const call = async (headers: Record<string, string>, path = '/', init: RequestInit = {}) => {
    heard.length = 0
    return fetch(`${cloudRun.url}${path}`, { ...init, headers })
  }

  before(async () => {
    keys = await GoogleKeys.create()
    await new Promise<void>((resolve) => container.listen(0, '127.0.0.1', resolve))
    cloudRun = await startCloudRun({
      keySet: keys.keySet,
      audiences: [audience, 'custom-audience'],
      invokers: [proxyServiceAccount.email],
      container: `http://127.0.0.1:${String((container.address() as AddressInfo).port)}`,
      clock,
    })
  })
  after(async () => {
    await cloudRun[Symbol.asyncDispose]()
    sockets.close()
    container.close()
  })

  const bearer = async (mint: () => string | Promise<string>) => ({ authorization: `Bearer ${await mint()}` })
  const forged = async () =>
    (await GoogleKeys.create()).idToken(proxyServiceAccount, audience, { clock, lifetimeSeconds: 60 })
  const stranger = { email: 'stranger@example-project.iam.gserviceaccount.com' }

  const refusals: readonly [string, number, () => Promise<Record<string, string>>][] = [
    ['no credential', 403, () => Promise.resolve({})],
    ['an access token', 401, () => bearer(() => 'ya29.a0Af')],
    ['Basic credentials', 401, () => Promise.resolve({ authorization: 'Basic YTpi' })],
    ['another audience', 401, () => bearer(() => token({}, 'https://other-abcdef-uc.a.run.app'))],
    ['the audience with a slash', 401, () => bearer(() => token({}, `${audience}/`))],
    ['an expired token', 401, () => bearer(() => token({ exp: noon / 1000 - 1 }))],
    ['a token without expiry', 401, () => bearer(() => token({ exp: undefined }))],
    ['a forged signature under the right key id', 401, () => bearer(forged)],
    ['another issuer', 401, () => bearer(() => token({ iss: 'https://issuer.example' }))],
    [
      'alg none',
      401,
      () => bearer(() => new UnsecuredJWT({ aud: audience, email: proxyServiceAccount.email }).encode()),
    ],
    ['two tokens', 401, async () => ({ authorization: `Bearer ${await token()}, Bearer ${await token()}` })],
    ['a principal without the invoker role', 403, () => bearer(() => token(stranger))],
    ['an unverified e-mail', 403, () => bearer(() => token({ email_verified: false }))],
    [
      'a bad X-Serverless-Authorization beside a good Authorization',
      401,
      async () => ({ ...(await bearer(token)), 'x-serverless-authorization': 'Bearer no' }),
    ],
  ]
  for (const [what, status, headers] of refusals) {
    it(`answers ${what} with ${String(status)}, and the container hears nothing`, async () => {
      const response = await call(await headers(), '/deep?x=1')
      assert.equal(response.status, status)
      assert.equal(heard.length, 0)
      assert.match(await response.text(), /Your client does not have permission to .*\/deep\?x=1/)
      assert.equal(response.headers.get('www-authenticate')?.includes('invalid_token') ?? false, status === 401)
    })
  }

  it('takes the signature off the header that counted, and leaves the other alone', async () => {
    const good = await token()
    await call({ authorization: 'Bearer of.the.application', 'x-serverless-authorization': `Bearer ${good}` })
    const [headers = {}] = heard
    assert.deepEqual(
      [headers.authorization, headers['x-serverless-authorization']],
      ['Bearer of.the.application', `Bearer ${good.split('.').slice(0, 2).join('.')}.SIGNATURE_REMOVED_BY_GOOGLE`],
    )
    assert.deepEqual([headers['x-forwarded-proto'], headers['x-forwarded-for']], ['https', '127.0.0.1'])
  })

  it('accepts Authorization alone, and a custom audience', async () => {
    assert.equal((await call(await bearer(() => token({}, 'custom-audience')))).status, 200)
    assert.match(heard[0]?.authorization ?? '', /SIGNATURE_REMOVED_BY_GOOGLE$/)
  })

  it('streams a body there and back, and remembers the request', async () => {
    const response = await call(await bearer(token), '/echo', { method: 'POST', body: 'hello' })
    assert.equal(await response.text(), 'hello')
    const last = cloudRun.requests.at(-1)
    assert.deepEqual(
      [last?.method, last?.path, last?.outcome, last?.header],
      ['POST', '/echo', 'forwarded', 'authorization'],
    )
  })

  it('lets a WebSocket through with a token, and refuses it without', async () => {
    const url = cloudRun.url.replace('http', 'ws')
    const socket = new WebSocket(url, { headers: await bearer(token) })
    const answer = new Promise<string>((resolve, reject) => {
      socket.once('open', () => {
        socket.send('ping')
      })
      socket.once('message', (data: Buffer) => {
        resolve(data.toString())
      })
      socket.once('error', reject)
    })
    assert.equal(await answer, 'ping')
    socket.close()
    const refused = new WebSocket(url)
    await new Promise<void>((resolve) => {
      refused.once('error', (error) => {
        assert.match(error.message, /403/)
        resolve()
      })
    })
  })

  it('keeps reserved paths to itself, and follows a change of the invokers', async () => {
    assert.equal((await call(await bearer(token), '/healthz')).status, 404)
    cloudRun.allow([])
    assert.equal((await call(await bearer(token))).status, 403)
    cloudRun.allow('allUsers')
    assert.equal((await call({})).status, 200)
  })
})
