import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { storeThatFails } from '../../support/store-that-fails.ts'

const at = (path: string): string => `https://auth.test${path}`

describe('the authenticate host', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  it('shows who is signed in and what the IdP said, and never a token', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    const page = await browser.get(at('/.pomerium/'))
    assert.equal(page.status, 200)
    for (const shown of ['Ada Lovelace', 'ada@example.com', 'engineering', service.idp.issuer, 'Sign out']) {
      assert.ok(page.body.includes(shown), shown)
    }
    assert.doesNotMatch(page.body, /eyJ|refresh_token|access_token/)
    const session = [...browser.jar].find(([key]) => key.endsWith('_authenticate'))?.[1] ?? '-'
    assert.ok(!page.body.includes(session))
  })

  it('says so when nobody is', async () => {
    assert.match((await service.newBrowser().get(at('/.pomerium/'))).body, /Nobody is signed in/)
  })

  const fixed: readonly [string, number, string | RegExp][] = [
    ['/', 302, 'https://auth.test/.pomerium/'],
    ['/.pomerium', 302, 'https://auth.test/.pomerium/'],
    ['/ping', 200, /^OK$/],
    ['/healthz', 200, /^OK$/],
    ['/robots.txt', 200, /^User-agent: \*\nDisallow: \/\n$/],
    ['/.pomerium/sign_out', 200, /You are not signed in(?![^]*<form|[^]*Stay signed in)/],
    ['/.pomerium/signed_out', 200, /You are signed out/],
    ['/nothing', 404, /There is no page/],
    ['/.pomerium/SIGN_IN', 404, /There is no page/],
    ['/oauth2/callback/', 404, /There is no page/],
    ['/__proto__', 404, /There is no page/],
  ]
  for (const [path, status, expected] of fixed) {
    it(`answers ${path} with ${String(status)}`, async () => {
      const answer = await service.newBrowser().get(at(path))
      assert.equal(answer.status, status)
      if (typeof expected === 'string') assert.equal(answer.location.href, expected)
      else assert.match(answer.body, expected)
    })
  }

  it('says about itself what Pomerium says, to every site', async () => {
    const answer = await service.newBrowser().get(at('/.well-known/pomerium'))
    assert.equal(answer.headers['access-control-allow-origin'], '*')
    assert.deepEqual(JSON.parse(answer.body), {
      issuer: 'https://auth.test/',
      authentication_callback_endpoint: 'https://auth.test/oauth2/callback',
      initiate_login_uri: 'https://auth.test/.pomerium/initiate_login',
      backchannel_logout_uri: 'https://auth.test/.pomerium/backchannel_logout',
      frontchannel_logout_uri: 'https://auth.test/.pomerium/sign_out',
    })
  })

  it('tells no other site anything else (CORS-01)', async () => {
    for (const path of ['/.pomerium/', '/.pomerium/sign_in', '/ping', '/nothing']) {
      const answer = await service.newBrowser().get(at(path), { headers: { origin: 'https://evil.com' } })
      const names = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))
      assert.deepEqual(names, [], path)
    }
  })

  it('protects every answer: not stored, not framed, not guessed at, no referrer (SES-08, XSS-07)', async () => {
    const browser = service.newBrowser()
    for (const url of [
      service.signInLink(),
      at('/'),
      at('/.pomerium/'),
      at('/nothing'),
      at('/oauth2/callback?code=x'),
    ]) {
      const { headers } = await browser.get(url)
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['referrer-policy'], 'no-referrer')
      assert.equal(headers['strict-transport-security'], 'max-age=31536000')
      assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
      assert.match(String(headers['x-request-id']), /^[0-9a-f]{32}$/)
      assert.equal(headers['x-pomerium-intercepted-response'], 'true')
      assert.equal(headers['server'], undefined)
      assert.equal(headers['x-powered-by'], undefined)
    }
  })

  it('takes only the methods an endpoint has', async () => {
    const cases = [
      ['POST', '/.pomerium/sign_in', 'HEAD, GET'],
      ['DELETE', '/.pomerium/sign_out', 'HEAD, GET, POST'],
      ['POST', '/ping', 'HEAD, GET'],
      ['TRACE', '/', 'HEAD, GET'],
    ] as const
    for (const [method, path, allowed] of cases) {
      const answer = await service.newBrowser().send(at(path), { method })
      assert.equal(answer.status, 405, `${method} ${path}`)
      assert.equal(answer.headers['allow'], allowed)
    }
  })

  it('answers for no other host, but for /ping', async () => {
    for (const host of ['app.test', 'auth.test.evil.com', 'auth.test:8443', 'a@auth.test', '127.0.0.1', '']) {
      const answer = await service.newBrowser().get(at('/.pomerium/'), { headers: { host } })
      assert.ok(answer.status === 404 || answer.status === 400, host)
    }
    for (const host of ['AUTH.TEST', 'auth.test:443']) {
      assert.equal((await service.newBrowser().get(at('/.pomerium/'), { headers: { host } })).status, 200, host)
    }
    assert.equal((await service.newBrowser().get(at('/ping'), { headers: { host: '10.0.0.1:8080' } })).status, 200)
  })

  it('refuses two hosts, and targets that are not paths (HOST-*)', async () => {
    for (const head of [
      'GET /.pomerium/ HTTP/1.1\r\nHost: auth.test\r\nHost: evil.com',
      'GET http://auth.test/.pomerium/ HTTP/1.1\r\nHost: auth.test',
    ]) {
      const socket = connect(service.port, '127.0.0.1')
      socket.end(`${head}\r\nConnection: close\r\n\r\n`)
      assert.match(await text(socket), /^HTTP\/1\.1 400 /)
    }
  })

  it('reads no form larger than 64 KiB, and nothing that is not a form', async () => {
    const browser = service.newBrowser()
    const large = await browser.post(at('/.pomerium/sign_out'), { x: 'x'.repeat(70_000) })
    assert.ok(large.status < 500)
    await using apple = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, idp: { ...config.idp, provider: 'apple' } }),
    })
    const callback = at('/oauth2/callback')
    assert.equal((await apple.newBrowser().post(callback, { x: 'x'.repeat(70_000) })).status, 413)
    assert.equal(await postWithoutLength(apple.port, 200_000), 413)
    const notForm = { headers: { 'content-type': 'application/json' } }
    assert.equal((await apple.newBrowser().post(callback, { a: 'b' }, notForm)).status, 400)
  })
})

describe('a provider that answers by POST (apple)', () => {
  it('signs people in, with a flow cookie that crosses sites', async () => {
    await using service = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, idp: { ...config.idp, provider: 'apple' } }),
    })
    const browser = service.newBrowser()
    const start = await browser.get(service.signInLink())
    assert.equal(start.location.searchParams.get('response_mode'), 'form_post')
    assert.ok(start.cookies.some((one) => /_flow_.*SameSite=None/.test(one)))
    const callback = service.idp.approve(start.location)
    const answer = await browser.post('https://auth.test/oauth2/callback', Object.fromEntries(callback.searchParams), {
      headers: { 'sec-fetch-site': 'cross-site', origin: service.idp.issuer },
    })
    assert.equal(answer.status, 302)
    await service.redeem(answer)
  })
})

describe('while the session store does not answer (REL-A1, SES-10)', () => {
  it('nobody is signed in or out, every cookie stays, and it works again afterwards', async () => {
    let failing = false
    await using service = await AuthenticateUnderTest.start({ store: (store) => storeThatFails(store, () => failing) })
    const browser = service.newBrowser()
    await service.signIn(browser)
    const flow = service.newBrowser()
    const callback = service.idp.approve((await flow.get(service.signInLink())).location)
    failing = true
    for (const [visitor, url] of [
      [browser, service.signInLink()],
      [browser, at('/.pomerium/')],
      [flow, callback],
    ] as const) {
      const answer = await visitor.get(url)
      assert.equal(answer.status, 503)
      assert.equal(answer.headers['postern-error'], 'SESSION_STORE_UNAVAILABLE')
      assert.ok(answer.headers['retry-after'])
      assert.deepEqual(answer.cookies, [])
    }
    await assert.rejects(service.refresh('A'.repeat(43)), { code: 'SESSION_STORE_UNAVAILABLE' })
    failing = false
    assert.equal((await flow.get(callback)).status, 302, 'the same callback, reloaded')
    assert.equal((await browser.get(service.signInLink())).location.host, 'app.test')
  })
})

function postWithoutLength(port: number, size: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'auth.test', 'content-type': 'application/x-www-form-urlencoded' }
    const sent = request({ port, host: '127.0.0.1', method: 'POST', path: '/oauth2/callback', agent: false, headers })
    sent.once('response', (response) => resolve(response.statusCode ?? 0))
    sent.once('error', reject)
    for (let written = 0; written < size; written += 1_000) sent.write('x'.repeat(1_000))
    sent.end()
  })
}
