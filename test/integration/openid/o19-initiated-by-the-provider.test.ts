import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { WebAnswer } from '../../support/web-client.ts'
import { startWholeStack } from '../../support/whole-stack.ts'

const endpoint = 'https://auth.test/.pomerium/initiate_login'

describe('O19: a sign-in that a page of the IdP initiates (OpenID Connect Core 4)', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  function link(parameters: Readonly<Record<string, string>> = {}): URL {
    const url = new URL(endpoint)
    const all = { iss: service.idp.issuer, target_link_uri: 'https://app.test/wiki?page=7', ...parameters }
    for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
    return url
  }

  it('goes to the IdP, with the hint that came, and ends on the page asked for, which signs in as always', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(link({ login_hint: 'ada@example.com' }))
    assert.equal(location.origin, service.idp.issuer)
    assert.equal(location.searchParams.get('login_hint'), 'ada@example.com')
    for (const name of ['state', 'nonce', 'code_challenge']) assert.ok(location.searchParams.get(name), name)
    const back = await browser.get(service.idp.approve(location))
    assert.equal(back.location.href, 'https://app.test/wiki?page=7', 'without a ticket: no host is waiting for one')
    const calls = service.idp.count('POST /token')
    const signedIn = await browser.get(service.signInLink('https://app.test/wiki?page=7'))
    assert.equal((await service.redeem(signedIn)).redirectUri, 'https://app.test/wiki?page=7')
    assert.equal(service.idp.count('POST /token'), calls, 'and needs no second visit to the IdP')
  })

  it('leads who is signed in already straight on', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    assert.equal((await browser.get(link())).location.href, 'https://app.test/wiki?page=7')
  })

  it('without a page ends where it says who is signed in', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(`${endpoint}?iss=${encodeURIComponent(service.idp.issuer)}`)
    const back = await browser.get(service.idp.approve(location))
    assert.equal(back.location.href, 'https://auth.test/.pomerium/')
    assert.match((await browser.get(back.location)).body, /ada@example\.com/)
  })

  it('may come as a form of that page, which brings no cookie of ours', async () => {
    const browser = service.newBrowser()
    const headers = { 'sec-fetch-site': 'cross-site', origin: service.idp.issuer }
    const answer = await browser.post(endpoint, Object.fromEntries(link().searchParams), { headers })
    assert.equal(answer.status, 303)
    assert.equal(answer.location.href, link().href)
  })

  it('belongs to the browser that followed the link, like any other', async () => {
    const { location } = await service.newBrowser().get(link())
    const other = await service.newBrowser().get(service.idp.approve(location))
    assert.equal(other.headers['postern-error'], 'FLOW_MISMATCH')
  })

  it('is advertised', async () => {
    const document = JSON.parse((await service.newBrowser().get('https://auth.test/.well-known/pomerium')).body)
    assert.equal(document['initiate_login_uri'], endpoint)
  })

  function assertRefused(answer: WebAnswer, code: string, title: string): void {
    assert.equal(answer.status, 400, title)
    assert.equal(answer.headers['postern-error'], code, title)
    assert.equal(answer.headers.location, undefined, title)
    assert.deepEqual(answer.cookies, [], title)
  }

  it('is refused when iss is not our IdP, is missing, or stands twice', async () => {
    const { issuer } = service.idp
    for (const iss of ['https://evil.com', `${issuer}/`, issuer.toUpperCase(), `${issuer}@evil.com`, '']) {
      assertRefused(await service.newBrowser().get(link({ iss })), 'SIGN_IN_LINK_INVALID', iss)
    }
    const without = await service.newBrowser().get(`${endpoint}?target_link_uri=https://app.test/`)
    assertRefused(without, 'SIGN_IN_LINK_INVALID', 'missing')
    for (const name of ['iss', 'target_link_uri', 'login_hint']) {
      const twice = link({ login_hint: 'x' })
      twice.searchParams.append(name, link({ login_hint: 'x' }).searchParams.get(name) ?? '')
      assertRefused(await service.newBrowser().get(twice), 'SIGN_IN_LINK_INVALID', name)
    }
    const long = await service.newBrowser().get(link({ login_hint: 'x'.repeat(321) }))
    assertRefused(long, 'SIGN_IN_LINK_INVALID', 'a hint that is no name')
  })

  // security-cases 2.2 B
  const hostile = [
    ...['//evil.com', '///evil.com', '/\\evil.com', '\\\\evil.com', '/', 'app.test', '', ' https://app.test/'],
    ...['https:evil.com', 'https:/evil.com', 'HtTpS://evil.com', 'http:%2f%2fevil.com', '/%5cevil.com'],
    ...['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'http://app.test/'],
    ...[
      'https://app.test.evil.com',
      'https://evil-app.test',
      'https://app.test:8443/',
      'https://app.test:443@evil.com',
    ],
    ...[
      'https://evil.com@app.test/',
      'https://app。test',
      'https://ａpp.test/',
      'https://[::1]/',
      'https://2130706433/',
    ],
    ...['https://app.test\\@evil.com/', 'https://app.test/\0', `https://app.test/${'x'.repeat(9_000)}`],
    ...['https://auth.test/', endpoint, 'https://auth.test/.pomerium/sign_out'],
  ]
  for (const target of hostile) {
    it(`leads nobody to ${JSON.stringify(target).slice(0, 50)} (RED-01 to RED-22)`, async () => {
      const browser = service.newBrowser()
      for (const signedIn of [false, true]) {
        if (signedIn) await service.signIn(browser)
        assertRefused(await browser.get(link({ target_link_uri: target })), 'RETURN_TO_REFUSED', target)
      }
    })
  }

  it('leads to the front page instead of an endpoint of ours on a route’s host (RED-22)', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    const answer = await browser.get(link({ target_link_uri: 'https://app.test/.pomerium/sign_out' }))
    assert.equal(answer.location.href, 'https://app.test/')
  })

  it('is nothing for a script', async () => {
    const headers = { 'sec-fetch-mode': 'cors', accept: 'application/json' }
    assert.equal((await service.newBrowser().get(link(), { headers })).status, 401)
  })
})

describe('O19: a sign-in that a page of the IdP initiates, through all services,', () => {
  it('ends on the page of the application', async () => {
    await using stack = await startWholeStack({
      routes: '- { from: https://app.test, to: UPSTREAM, allow_any_authenticated_user: true }',
    })
    const url = new URL(endpoint)
    url.searchParams.set('iss', stack.idp.issuer)
    url.searchParams.set('target_link_uri', 'https://app.test/wiki?page=7')
    assert.equal((await stack.visit(stack.newBrowser(), url.href)).status, 200)
    assert.deepEqual(
      stack.seen.map(({ path }) => path),
      ['/wiki?page=7'],
    )
    assert.equal(stack.idp.count('POST /token'), 1)
  })
})
