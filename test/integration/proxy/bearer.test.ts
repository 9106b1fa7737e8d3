import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { sendRaw, type RawAnswer } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'
import { aRoute as aProxyRoute, startProxyUnderTest, type ProxyUnderTest } from '../../support/proxy-under-test.ts'
import { startIssuer, type IssuerUnderTest } from '../../support/token-issuer.ts'
import { aRoute, authorizeConfig, host, startRealAuthorize, type RunningAuthorize } from '../check/authorize-support.ts'

const robot = 'robot@example-project.iam.gserviceaccount.com'
const claims = {
  iss: 'https://accounts.google.com',
  aud: `https://${host}`,
  azp: 'robot',
  email: robot,
  email_verified: true,
}

describe('a program with a bearer token', () => {
  let upstream: Recorder
  let issuer: IssuerUnderTest
  let authorize: RunningAuthorize
  let proxy: ProxyUnderTest

  before(async () => {
    upstream = await Recorder.start()
    issuer = await startIssuer(claims)
    const policy = [{ allow: { or: [{ email: { is: robot } }] } }]
    const route = aRoute({ policy, bearer: { kind: 'google-identity-token' }, passIdentityHeaders: true })
    const deps = { googleKeysUrl: issuer.jwksUrl }
    authorize = await startRealAuthorize(authorizeConfig([route]), undefined, deps)
    proxy = await startProxyUnderTest({
      decide: (question) => authorize.checker.check(question),
      routes: [
        aProxyRoute(host, upstream.url, { id: 'hello', headersForPolicy: ['authorization'], allowWebsockets: true }),
      ],
    })
  })
  afterEach(() => upstream.reset())
  after(async () => {
    for (const part of [proxy, authorize, issuer, upstream]) await part[Symbol.asyncDispose]()
  })

  const send = (...lines: string[]): Promise<RawAnswer> => {
    return sendRaw(proxy.port, ['GET /x HTTP/1.1', `Host: ${host}`, 'Accept: text/html', ...lines, '', ''].join('\r\n'))
  }

  it('reaches the application, which learns who it is and never sees the token', async () => {
    const answer = await send(`Authorization: Bearer ${issuer.token()}`)
    assert.equal(answer.status, 200)
    const [request] = upstream.requests
    assert.ok(request)
    assert.deepEqual(request.values('authorization'), [])
    const assertion = String(request.values('x-pomerium-jwt-assertion')[0])
    assert.match(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString(), new RegExp(`"email":"${robot}"`))
  })

  it('is told that a bad token is bad (RFC 6750), never redirected, whatever it accepts', async () => {
    const answer = await send('Authorization: Bearer x.y.z', 'Sec-Fetch-Mode: navigate')
    assert.equal(answer.status, 401)
    assert.equal(headerOf(answer, 'www-authenticate'), 'Bearer realm="hello.example.com", error="invalid_token"')
    assert.equal(headerOf(answer, 'postern-error'), 'BEARER_TOKEN_REFUSED')
    assert.equal(headerOf(answer, 'set-cookie'), undefined)
    assert.equal(upstream.requests.length, 0)
  })

  it('is told so when it asks for a WebSocket', async () => {
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AA==',
    ]
    const answer = await send('Authorization: Bearer x.y.z', ...upgrade)
    assert.equal(answer.status, 401)
  })

  it('in a page of another origin leaves CORS to the application (JWT-17)', async () => {
    const page = ['Origin: https://other.test', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Site: cross-site']
    const good = await send(`Authorization: Bearer ${issuer.token()}`, ...page)
    assert.equal(good.status, 200)
    assert.deepEqual(upstream.requests[0]?.values('origin'), ['https://other.test'])
    const bad = await send('Authorization: Bearer x.y.z', ...page)
    assert.equal(bad.status, 401)
    for (const { text } of [good, bad]) assert.doesNotMatch(text, /^access-control-/im)
  })

  it('that sends a session cookie too is told to choose', async () => {
    const { credential } = await authorize.signIn()
    const answer = await send(`Authorization: Bearer ${issuer.token()}`, `Cookie: _pomerium=${credential}`)
    assert.equal(answer.status, 400)
    assert.equal(headerOf(answer, 'postern-error'), 'CREDENTIALS_AMBIGUOUS')
    assert.equal(upstream.requests.length, 0)
  })

  it('without one is told how to prove itself, or may sign in', async () => {
    assert.equal((await send('Sec-Fetch-Mode: navigate')).status, 302)
    const answer = await send('Sec-Fetch-Mode: cors')
    assert.equal(answer.status, 401)
    assert.equal(headerOf(answer, 'www-authenticate'), 'Bearer realm="hello.example.com"')
  })
})

function headerOf({ text }: RawAnswer, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\\r$`, 'im').exec(text)?.[1]
}
