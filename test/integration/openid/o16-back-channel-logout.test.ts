import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { storeThatFails } from '../../support/store-that-fails.ts'
import { endpoint, isOver, send, signInAs } from './back-channel.ts'

describe('O16: a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6)', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())
  afterEach(() => (service.idp.behave = {}))

  it('answers so that nobody keeps the answer (BCL-08)', async () => {
    const good = await send(service, { logout_token: service.idp.logoutToken({ claims: { sub: 'nobody' } }) })
    const bad = await send(service, { logout_token: 'nonsense' })
    for (const answer of [good, bad]) assert.equal(answer.headers['cache-control'], 'no-store')
    assert.deepEqual([good.status, bad.status], [200, 400])
    assert.equal(good.body, '')
  })

  it('is advertised', async () => {
    const document = JSON.parse((await service.newBrowser().get('https://auth.test/.well-known/pomerium')).body)
    assert.equal(document['backchannel_logout_uri'], endpoint)
  })

  const second = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const wrong: readonly [string, (idp: AuthenticateUnderTest['idp']) => string][] = [
    ['a signature by another key (BCL-01)', (idp) => withSignature(idp, (i) => rs256(i, second.privateKey))],
    ['no signature and alg none (BCL-01)', (idp) => unsigned(idp)],
    ['an HMAC with our client secret (BCL-01)', (idp) => hmac(idp)],
    ['a key the IdP does not publish (BCL-01)', (idp) => idp.logoutToken({ header: { kid: 'unheard-of' }, ...ada })],
    ['another issuer (BCL-01)', (idp) => token(idp, { iss: 'https://evil.example.com' })],
    ['another audience (BCL-01)', (idp) => token(idp, { aud: 'somebody-else' })],
    ['no audience (BCL-01)', (idp) => token(idp, { aud: undefined })],
    ['a nonce (BCL-02)', (idp) => token(idp, { nonce: 'n' })],
    ['a nonce that is null (BCL-02)', (idp) => token(idp, { nonce: null })],
    ['no events (BCL-02)', (idp) => token(idp, { events: undefined })],
    ['another event (BCL-02)', (idp) => token(idp, { events: { 'http://schemas.openid.net/event/other': {} } })],
    ['an event that is no object (BCL-02)', (idp) => token(idp, { events: { [event]: true } })],
    ['an event out of the prototype (BCL-02)', (idp) => token(idp, { events: [] })],
    ['neither sub nor sid (BCL-02)', (idp) => token(idp, { sub: undefined })],
    ['a sub that is no text (BCL-02)', (idp) => token(idp, { sub: 0 })],
    ['a sid that is empty (BCL-02)', (idp) => token(idp, { sid: '' })],
    ['no jti (BCL-03)', (idp) => token(idp, { jti: undefined })],
    ['no iat (BCL-03)', (idp) => token(idp, { iat: undefined })],
    ['no exp (BCL-03)', (idp) => token(idp, { exp: undefined })],
    ['an exp in the past (BCL-03)', (idp) => token(idp, { exp: seconds() - 60 })],
    ['an iat in the future (BCL-03)', (idp) => token(idp, { iat: seconds() + 120 })],
    ['an age of three minutes, good for an hour (BCL-03)', (idp) => token(idp, { iat: seconds() - 180, exp: hour() })],
    ['an nbf in the future (BCL-03)', (idp) => token(idp, { nbf: seconds() + 120 })],
    ['the type of an access token (BCL-04)', (idp) => idp.logoutToken({ header: { typ: 'at+jwt' }, ...ada })],
    ['a critical header that nobody knows', (idp) => idp.logoutToken({ header: { crit: ['x'], x: 1 }, ...ada })],
    ['no JWT at all', () => 'nonsense'],
    ['nothing', () => ''],
    ['too much in it', (idp) => token(idp, { filler: 'x'.repeat(20_000) })],
  ]
  for (const [title, make] of wrong) {
    it(`refuses a token with ${title}, and ends no session`, async () => {
      const handle = await signInAs(service, 'ada', 'sid-1')
      const answer = await send(service, { logout_token: make(service.idp) })
      assert.equal(answer.status, 400)
      assert.equal(answer.headers['postern-error'], 'LOGOUT_TOKEN_INVALID')
      assert.equal(await isOver(service, handle), false)
    })
  }

  it('refuses an ID token as a logout token (BCL-04)', async () => {
    const handle = await signInAs(service, 'ada')
    const idToken = service.idp.secrets.findLast((secret) => secret.startsWith('eyJ')) ?? ''
    assert.equal((await send(service, { logout_token: idToken })).status, 400)
    assert.equal(await isOver(service, handle), false)
  })

  it('gives nothing for a logout token where a credential belongs (BCL-04)', async () => {
    const browser = service.newBrowser()
    browser.jar.set('auth.test / _pomerium_authenticate', service.idp.logoutToken({ claims: { sub: 'ada' } }))
    assert.match((await browser.get('https://auth.test/.pomerium/')).body, /Nobody is signed in/)
  })

  it('takes a token once (BCL-06)', async () => {
    const logout_token = service.idp.logoutToken({ claims: { sub: 'ada' } })
    assert.equal((await send(service, { logout_token })).status, 200)
    const later = await signInAs(service, 'ada')
    assert.equal((await send(service, { logout_token })).status, 400)
    assert.equal(await isOver(service, later), false, 'a replay does not end what began afterwards')
  })

  it('takes the keys that the IdP has now', async () => {
    const handle = await signInAs(service, 'ada')
    service.clock.aheadMs += 120_000
    service.idp.rotateKeys('second')
    const answer = await send(service, { logout_token: service.idp.logoutToken({ claims: { sub: 'ada' } }) })
    assert.equal(answer.status, 200)
    assert.equal(await isOver(service, handle), true)
  })

  it('takes tokens of providers that state no type, or several audiences', async () => {
    for (const change of [
      { header: { typ: undefined } },
      { header: { typ: 'JWT' } },
      { claims: { aud: ['x', 'postern'] } },
    ]) {
      const handle = await signInAs(service, 'ada')
      const logout_token = service.idp.logoutToken({ ...change, claims: { sub: 'ada', ...change.claims } })
      assert.equal((await send(service, { logout_token })).status, 200)
      assert.equal(await isOver(service, handle), true)
    }
  })

  it('takes one form, with one token, by POST', async () => {
    const logout_token = service.idp.logoutToken({ claims: { sub: 'ada' } })
    const get = await service.newBrowser().get(`${endpoint}?logout_token=${logout_token}`)
    assert.equal(get.status, 405)
    const twice = await service.newBrowser().send(endpoint, {
      method: 'POST',
      form: { logout_token },
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(twice.status, 400)
    assert.equal((await send(service, {})).status, 400)
  })
})

describe('O16: back-channel logout answers 503, so that the IdP tries again,', () => {
  for (const failing of ['acquireLock', 'endByUser'] as const) {
    it(`while the store does not answer (BCL-07: ${failing}), and then takes the same token`, async () => {
      let down = true
      await using service = await AuthenticateUnderTest.start({
        store: (store) => storeThatFails(store, (method) => down && method === failing),
      })
      const handle = await signInAs(service, 'ada')
      const logout_token = service.idp.logoutToken({ claims: { sub: 'ada' } })
      const refused = await send(service, { logout_token })
      assert.equal(refused.status, 503)
      assert.equal(refused.headers['cache-control'], 'no-store')
      assert.ok(refused.headers['retry-after'])
      assert.equal(await isOver(service, handle), false)
      down = false
      assert.equal((await send(service, { logout_token })).status, 200)
      assert.equal(await isOver(service, handle), true)
    })
  }

  it('while the IdP’s keys cannot be read', async () => {
    await using service = await AuthenticateUnderTest.start()
    service.idp.behave = { instead: { '/jwks': (_request, response) => void response.destroy() } }
    const answer = await send(service, { logout_token: service.idp.logoutToken({ claims: { sub: 'ada' } }) })
    assert.equal(answer.status, 503)
  })
})

const event = 'http://schemas.openid.net/event/backchannel-logout'
const ada = { claims: { sub: 'ada' } }
type Idp = AuthenticateUnderTest['idp']

const seconds = (): number => Math.floor(Date.now() / 1_000)
const hour = (): number => seconds() + 3_600

function token(idp: Idp, claims: Record<string, unknown>): string {
  return idp.logoutToken({ claims: { sub: 'ada', ...claims } })
}

function withSignature(idp: Idp, signature: (input: string) => string): string {
  idp.behave = { signature }
  return idp.logoutToken(ada)
}

function rs256(input: string, key: Parameters<typeof sign>[2]): string {
  return sign('sha256', Buffer.from(input), key).toString('base64url')
}

function unsigned(idp: Idp): string {
  idp.behave = { signature: () => '' }
  return idp.logoutToken({ header: { alg: 'none' }, ...ada })
}

function hmac(idp: Idp): string {
  idp.behave = { signature: (input) => createHmac('sha256', idp.clientSecret).update(input).digest('base64url') }
  return idp.logoutToken({ header: { alg: 'HS256' }, ...ada })
}
