import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { WebAnswer } from '../../support/web-client.ts'

describe('O14: an error instead of a code (OpenID Connect Core 3.1.2.6, CSRF-10)', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  async function declined(error: string, description?: string): Promise<WebAnswer> {
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    return browser.get(service.idp.decline(location, error, description))
  }

  for (const [error, status] of [
    ['access_denied', 403],
    ['login_required', 403],
    ['interaction_required', 403],
    ['consent_required', 403],
    ['account_selection_required', 403],
    ['invalid_scope', 403],
    ['something_new', 403],
    ['temporarily_unavailable', 503],
    ['server_error', 503],
  ] as const) {
    it(`${error} is a page with ${String(status)} and a way on: no loop, no session, no call to the token endpoint`, async () => {
      const calls = service.idp.count('POST /token')
      const answer = await declined(error, 'The administrator knows.')
      assert.equal(answer.status, status)
      assert.equal(answer.headers.location, undefined)
      assert.match(answer.body, /href="https:\/\/app\.test\/deep\/link\?q=1"[^>]*>Start again</)
      assert.match(answer.body, /The administrator knows\./)
      assert.ok(!answer.cookies.some((one) => /_authenticate=[^;]/.test(one)))
      assert.equal(service.idp.count('POST /token'), calls)
      assert.equal(answer.headers['retry-after'] !== undefined, status === 503)
    })
  }

  it('is text on our pages, never markup (XSS-01)', async () => {
    const attack = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}${7*7}'
    const answer = await declined(attack, attack)
    assert.doesNotMatch(answer.body, /<script|<img/)
    assert.match(answer.body, /&lt;script&gt;/)
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/)
    assert.match(String(answer.headers['content-security-policy']), /frame-ancestors 'none'/)
  })

  it('is nothing that another site can send somebody to: it needs the state of an attempt of this browser', async () => {
    const { location } = await service.newBrowser().get(service.signInLink())
    const answer = await service.newBrowser().get(service.idp.decline(location, 'access_denied', 'Call 555-0100.'))
    assert.equal(answer.headers['postern-error'], 'FLOW_MISMATCH')
    assert.doesNotMatch(answer.body, /555-0100/)
  })
})
