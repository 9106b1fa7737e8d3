import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { storeThatFails } from '../../support/store-that-fails.ts'
import type { WebAnswer, WebClient } from '../../support/web-client.ts'

/** What a frame on the IdP's page asks for. */
function inFrame(browser: WebClient, iss: string, sid: string, more = ''): Promise<WebAnswer> {
  const query = new URLSearchParams({ iss, sid }).toString()
  return browser.get(`https://auth.test/.pomerium/sign_out?${query}${more}`, {
    headers: { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' },
  })
}

describe('front-channel logout', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  const isOver = async (browser: WebClient): Promise<boolean> =>
    /Nobody is signed in/.test((await browser.get('https://auth.test/.pomerium/')).body)

  async function signedIn(sid: string): Promise<WebClient> {
    service.idp.sid = sid
    const browser = service.newBrowser()
    await service.signIn(browser)
    return browser
  }

  it('ends the session that sid names, in a frame that gets no cookie', async () => {
    const [browser, other] = [await signedIn('front-1'), await signedIn('front-2')]
    const answer = await inFrame(service.newBrowser(), service.idp.issuer, 'front-1')
    assert.equal(answer.status, 200)
    assert.equal(await isOver(browser), true)
    assert.equal(await isOver(other), false)
  })

  it('answers with a page that the IdP, and nobody else, may frame, and that nobody keeps', async () => {
    const { headers } = await inFrame(service.newBrowser(), service.idp.issuer, 'front-none')
    assert.match(String(headers['content-security-policy']), new RegExp(`frame-ancestors ${service.idp.issuer}(?:;|$)`))
    assert.equal(headers['x-frame-options'], undefined)
    assert.equal(headers['cache-control'], 'no-store')
  })

  it('clears the cookie of the named session, and of no other', async () => {
    const browser = await signedIn('front-3')
    const elsewhere = await inFrame(browser, service.idp.issuer, 'somebody-else')
    assert.deepEqual(elsewhere.cookies, [])
    assert.equal(await isOver(browser), false)
    const own = await inFrame(browser, service.idp.issuer, 'front-3')
    assert.match(own.cookies.join(), /_pomerium_authenticate=;.*Max-Age=0/i)
    assert.equal(await isOver(browser), true)
  })

  it('ends nothing for another issuer, or for what is not one issuer and one sid', async () => {
    const browser = await signedIn('front-4')
    for (const [iss, sid, more] of [
      ['https://evil.example.com', 'front-4', ''],
      [service.idp.issuer, '', ''],
      [service.idp.issuer, 'front-4', '&sid=front-4'],
      [service.idp.issuer, 'front-4', '&iss=x'],
      [`${service.idp.issuer}/`, 'front-4', ''],
    ] as const) {
      const answer = await inFrame(service.newBrowser(), iss, sid, more)
      assert.equal(answer.status, 400, `${iss} ${sid} ${more}`)
      assert.match(String(answer.headers['content-security-policy']), /frame-ancestors 'none'/)
    }
    assert.equal(await isOver(browser), false)
  })

  it('asks a person who comes with half of it, as ever', async () => {
    const browser = await signedIn('front-5')
    const answer = await browser.get(`https://auth.test/.pomerium/sign_out?sid=front-5`)
    assert.match(answer.body, /<form method="post"/)
    assert.equal(await isOver(browser), false)
  })

  it('says so when the store does not answer', async () => {
    await using failing = await AuthenticateUnderTest.start({
      store: (store) => storeThatFails(store, (method) => method === 'endByIdpSid'),
    })
    assert.equal((await inFrame(failing.newBrowser(), failing.idp.issuer, 'x')).status, 503)
  })
})
