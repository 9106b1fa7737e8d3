import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Secret } from '@postern/shared/secret.ts'
import { idpIdOf } from '@postern/shared/session/idp-id.ts'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { WebClient } from '../../support/web-client.ts'

const own = { clientId: 'the-route’s-own', clientSecret: 'its own secret' }

describe('a route with its own client at the IdP', () => {
  let service: AuthenticateUnderTest
  let idpId: string
  before(async () => {
    service = await AuthenticateUnderTest.start({
      configure: (config) => ({
        ...config,
        routeIdps: [{ ...config.idp, clientId: own.clientId, clientSecret: new Secret(own.clientSecret) }],
      }),
    })
    service.idp.clients.set(own.clientId, own.clientSecret)
    idpId = idpIdOf(new URL(service.idp.issuer), own.clientId)
  })
  after(() => service[Symbol.asyncDispose]())

  const ownLink = (): URL => service.signInLink('https://other.test/', { more: { [queryParameters.idpId]: idpId } })
  const clients = (since: number): readonly (string | null)[] =>
    service.idp.tokenRequests.slice(since).map((asked) => asked.get('client_id'))
  const ended = async (handle: SessionHandle): Promise<boolean> => (await service.store.find(handle)).kind === 'absent'

  async function signInBoth(browser: WebClient): Promise<readonly [SessionHandle, SessionHandle]> {
    await service.signIn(browser)
    const usual = service.lastSession()
    await service.signIn(browser, ownLink())
    return [usual, service.lastSession()]
  }

  it('signs in with it, beside the session that other routes have', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(ownLink())
    assert.equal(location.searchParams.get('client_id'), own.clientId)
    const before = service.idp.tokenRequests.length
    const [usual, route] = await signInBoth(browser)
    assert.deepEqual(clients(before), ['postern', own.clientId])
    assert.notEqual(usual, route)
    const found = await service.store.find(route)
    assert.equal(found.kind === 'found' && found.session.idpId, idpId)
    assert.equal(await ended(usual), false, 'the other routes’ session lives on')
    for (const link of [service.signInLink(), ownLink()]) {
      assert.equal((await browser.get(link)).location.pathname, '/.pomerium/callback/', 'no second visit to the IdP')
    }
  })

  it('does not take the session of the usual client', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    assert.equal((await browser.get(ownLink())).location.pathname, '/authorize')
  })

  it('is refreshed with it', async () => {
    await service.signIn(service.newBrowser(), ownLink())
    const handle = service.lastSession()
    service.clock.aheadMs += 3_600_000
    const before = service.idp.tokenRequests.length
    assert.equal(await service.refresh(handle), 'OUTCOME_REFRESHED')
    assert.deepEqual(clients(before), [own.clientId])
  })

  it('has it refused without keeping the usual one’s sessions from being refreshed', async () => {
    const [usual, route] = await signInBoth(service.newBrowser())
    service.clock.aheadMs += 3_600_000
    service.idp.clients.set(own.clientId, 'rotated')
    assert.equal(await service.refresh(route), 'OUTCOME_IDP_UNAVAILABLE')
    assert.equal(await service.refresh(usual), 'OUTCOME_REFRESHED')
    service.idp.clients.set(own.clientId, own.clientSecret)
  })

  it('is signed out with it, and the browser’s other session too', async () => {
    const browser = service.newBrowser()
    const [usual, route] = await signInBoth(browser)
    const link = new URL('https://auth.test/.pomerium/sign_out')
    link.searchParams.set(queryParameters.sessionHandle, route)
    const revoked = service.idp.revoked.length
    const { location, cookies } = await browser.get(service.sign(link))
    assert.equal(location.searchParams.get('client_id'), own.clientId)
    assert.deepEqual([await ended(usual), await ended(route)], [true, true])
    assert.equal(service.idp.revoked.length - revoked, 2)
    assert.equal(cookies.filter((cookie) => /_authenticate[^=]*=;.*Max-Age=0/i.test(cookie)).length, 2)
  })

  it('ends by a logout token for it', async () => {
    service.idp.sid = 'of-the-route'
    await service.signIn(service.newBrowser(), ownLink())
    const handle = service.lastSession()
    const logout_token = service.idp.logoutToken({ claims: { sid: 'of-the-route', aud: own.clientId } })
    const form = { logout_token }
    const url = 'https://auth.test/.pomerium/backchannel_logout'
    assert.equal((await service.newBrowser().send(url, { method: 'POST', form })).status, 200)
    assert.equal(await ended(handle), true)
  })

  it('does not begin for a client that is not configured here', async () => {
    const link = service.signInLink('https://other.test/', { more: { [queryParameters.idpId]: 'unheard-of' } })
    const answer = await service.newBrowser().get(link)
    assert.equal(answer.headers['postern-error'], 'SIGN_IN_LINK_INVALID')
  })
})
