import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'

const hosts = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.test`)
const routes = [
  `- {from: https://app.test, to: UPSTREAM, allow_any_authenticated_user: true, depends_on: [${hosts.join(', ')}]}`,
  `- {from: https://spa.test, to: UPSTREAM, allow_any_authenticated_user: true, depends_on: [a.test]}`,
  `- {from: https://own.test, to: UPSTREAM, allow_any_authenticated_user: true, idp_client_id: its-own, idp_client_secret: its-secret}`,
  ...hosts.map((host) => `- {from: https://${host}, to: UPSTREAM, allow_any_authenticated_user: true}`),
].join('\n')

describe('a route that depends on other hosts', () => {
  let stack: WholeStack
  before(async () => {
    stack = await startWholeStack({ routes })
    stack.idp.clients.set('its-own', 'its-secret')
  })
  after(() => stack[Symbol.asyncDispose]())

  it('signs its person in to five of them too, within the redirects that a browser follows', async () => {
    const browser = stack.newBrowser()
    const answer = await stack.visit(browser, 'https://app.test/deep?q=1')
    assert.equal(answer.status, 200)
    assert.equal(stack.seen.at(-1)?.path, '/deep?q=1')
    const asked = stack.idp.count('POST /token')
    for (const host of hosts) {
      const headers = { 'sec-fetch-mode': 'cors', accept: '*/*' }
      assert.equal((await browser.get(`https://${host}/`, { headers })).status, 200, host)
    }
    assert.equal(stack.idp.count('POST /token'), asked)
  })

  it('gives each host a credential of its own', async () => {
    const browser = stack.newBrowser()
    await stack.visit(browser, 'https://app.test/')
    const credentials = [...browser.jar].filter(([key]) => key.endsWith(' _pomerium')).map(([, value]) => value)
    assert.equal(credentials.length, 6)
    assert.equal(new Set(credentials).size, 6)
  })

  it('does not sign a browser in to them with the end of somebody else’s sign-in (CSRF-07)', async () => {
    const attacker = stack.newBrowser()
    let answer = await attacker.get('https://spa.test/')
    const isTicketFor = (host: string): boolean =>
      answer.location.host === host && answer.location.pathname === '/.pomerium/callback/'
    while (!isTicketFor('a.test')) {
      const { location } = answer
      answer = await attacker.get(location.origin === stack.idp.issuer ? stack.idp.approve(location) : location)
    }
    const victim = stack.newBrowser()
    const refused = await victim.get(answer.location)
    assert.equal(refused.headers['postern-error'], 'TICKET_INVALID')
    assert.equal((await victim.get('https://a.test/')).status, 302)
  })

  it('lets its pages read that a sign-in is required there, by name and with credentials (CORS-02)', async () => {
    const ask = (origin: string) =>
      stack.newBrowser().get('https://a.test/', { headers: { accept: '*/*', 'sec-fetch-mode': 'cors', origin } })
    const own = await ask('https://spa.test')
    assert.equal(own.status, 401)
    assert.equal(own.headers['access-control-allow-origin'], 'https://spa.test')
    assert.equal(own.headers['access-control-allow-credentials'], 'true')
    assert.match(String(own.headers.vary), /Origin/i)
    assert.ok(JSON.parse(own.body).sign_in_url)
    for (const origin of ['https://evil.com', 'null', 'http://spa.test', 'https://spa.test.evil.com']) {
      const other = await ask(origin)
      assert.equal(other.status, 401)
      assert.equal(other.headers['access-control-allow-origin'], undefined, origin)
      assert.match(String(other.headers.vary), /Origin/i)
    }
  })

  it('says nothing to pages of other origins about hosts that nobody depends on (CORS-01)', async () => {
    const headers = { accept: '*/*', 'sec-fetch-mode': 'cors', origin: 'https://a.test' }
    const answer = await stack.newBrowser().get('https://own.test/', { headers })
    assert.equal(answer.status, 401)
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
  })
})

describe('a route with its own client at the IdP', () => {
  let stack: WholeStack
  before(async () => {
    const own = 'idp_client_id: its-own, idp_client_secret: its-secret'
    stack = await startWholeStack({
      routes: `
- {from: https://usual.test, prefix: /own, to: UPSTREAM, allow_any_authenticated_user: true, ${own}}
- {from: https://usual.test, to: UPSTREAM, allow_any_authenticated_user: true}
- {from: https://own.test, to: UPSTREAM, allow_any_authenticated_user: true, ${own}}
`,
    })
    stack.idp.clients.set('its-own', 'its-secret')
  })
  after(() => stack[Symbol.asyncDispose]())

  it('has sessions of its own, and so have the others', async () => {
    const browser = stack.newBrowser()
    assert.equal((await stack.visit(browser, 'https://usual.test/')).status, 200)
    assert.equal((await browser.get('https://usual.test/own')).status, 302, 'the usual session does not count here')
    assert.equal((await stack.visit(browser, 'https://own.test/')).status, 200)
    assert.deepEqual(
      stack.idp.tokenRequests.map((asked) => asked.get('client_id')),
      ['postern', 'its-own'],
    )
    assert.equal((await browser.get('https://usual.test/')).status, 200, 'and the usual one lives on')
    assert.equal((await stack.visit(browser, 'https://usual.test/own')).status, 200, 'without the IdP: it is known')
    assert.equal(stack.idp.tokenRequests.length, 2)
    assert.equal((await browser.get('https://usual.test/')).status, 302, 'the route’s own session does not count there')
  })
})
