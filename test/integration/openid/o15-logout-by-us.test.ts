import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { WebAnswer, WebClient } from '../../support/web-client.ts'

describe('O15: signing out at the IdP (OpenID Connect RP-Initiated Logout 1.0)', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  async function signOut(browser: WebClient): Promise<WebAnswer> {
    await service.signIn(browser)
    const link = new URL('https://auth.test/.pomerium/sign_out')
    link.searchParams.set(queryParameters.sessionHandle, service.lastSession())
    link.searchParams.set(queryParameters.redirectUri, 'https://app.test/')
    return browser.get(service.sign(link))
  }

  it('names the client, the sign-in that ends, and the one registered address to come back to', async () => {
    const { location } = await signOut(service.newBrowser())
    assert.equal(`${location.origin}${location.pathname}`, `${service.idp.issuer}/logout`)
    const idToken = service.idp.secrets.findLast((secret) => secret.startsWith('eyJ'))
    assert.deepEqual(Object.fromEntries(location.searchParams), {
      client_id: 'postern',
      id_token_hint: idToken,
      post_logout_redirect_uri: 'https://auth.test/.pomerium/signed_out',
    })
  })

  it('names the newest ID token, after a refresh', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    const handle = service.lastSession()
    service.clock.aheadMs += 3_600_000
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED')
    const newest = service.idp.secrets.findLast((secret) => secret.startsWith('eyJ'))
    const link = new URL('https://auth.test/.pomerium/sign_out')
    link.searchParams.set(queryParameters.sessionHandle, handle)
    const { location } = await browser.get(service.sign(link))
    assert.equal(location.searchParams.get('id_token_hint'), newest)
  })

  // `state` would tell whether the IdP sent this browser back. A cookie does, also at an IdP that forgets `state`.
  it('comes back to a page with a way on, in the browser that signed out and in no other', async () => {
    const browser = service.newBrowser()
    await signOut(browser)
    const page = 'https://auth.test/.pomerium/signed_out'
    assert.match((await browser.get(page)).body, /href="https:\/\/app\.test\/"/)
    assert.doesNotMatch((await service.newBrowser().get(page)).body, /app\.test/)
  })
})
