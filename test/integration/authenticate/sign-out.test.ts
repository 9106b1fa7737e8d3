import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { storeThatFails } from '../../support/store-that-fails.ts'
import type { WebClient } from '../../support/web-client.ts'

const page = 'https://auth.test/.pomerium/sign_out'

/** For the session that signed in last, as authorize makes it for the cookie of a route. */
function linkFor(service: AuthenticateUnderTest): URL {
  const link = new URL(page)
  link.searchParams.set(queryParameters.sessionHandle, service.lastSession())
  return link
}

function hasSession(browser: WebClient): boolean {
  return [...browser.jar.keys()].some((key) => key.endsWith('_authenticate'))
}

describe('signing out', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  it('ends the session everywhere and at the IdP, and the next visit asks again (SES-13, SES-14)', async () => {
    const browser = service.newBrowser()
    const ticket = await service.signIn(browser)
    const answer = await browser.get(service.sign(linkFor(service)))
    assert.equal(answer.status, 302)
    assert.equal(`${answer.location.origin}${answer.location.pathname}`, `${service.idp.issuer}/logout`)
    const asked = answer.location.searchParams
    assert.equal(asked.get('client_id'), 'postern')
    assert.equal(asked.get('post_logout_redirect_uri'), 'https://auth.test/.pomerium/signed_out')
    assert.match(asked.get('id_token_hint') ?? '', /^eyJ/)
    assert.equal(hasSession(browser), false)
    assert.equal(service.idp.revoked.length, 1, 'the refresh token is revoked')
    await assert.rejects(service.redeem(ticket), { code: 'TICKET_INVALID' })
    const next = await browser.get(service.signInLink())
    assert.equal(next.location.pathname, '/authorize')
  })

  it('makes the old cookie worthless, not only absent', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    const kept = new Map(browser.jar)
    await browser.get(service.sign(linkFor(service)))
    for (const [key, value] of kept) browser.jar.set(key, value)
    assert.match((await browser.get('https://auth.test/.pomerium/')).body, /Nobody is signed in/)
  })

  it('ends the session that the signed link names, in a browser that has another or none', async () => {
    const elsewhere = service.newBrowser()
    await service.signIn(elsewhere)
    const handle = service.lastSession()
    const link = new URL(page)
    link.searchParams.set(queryParameters.sessionHandle, handle)
    await service.newBrowser().get(service.sign(link))
    assert.match((await elsewhere.get('https://auth.test/.pomerium/')).body, /Nobody is signed in/)
  })

  it('asks first when anybody may have made the link, and does nothing until then', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    for (const link of [page, service.sign(new URL(page), -120_000), `${page}?pomerium_signature=x`]) {
      const answer = await browser.get(link)
      assert.equal(answer.status, 200)
      assert.match(answer.body, /<form method="post" action="\/\.pomerium\/sign_out"/)
      assert.ok(hasSession(browser))
    }
    const confirmed = await browser.post(page, {})
    assert.equal(confirmed.status, 303)
    assert.equal(hasSession(browser), false)
  })

  it('cannot be forced by a link that authorize made for somebody else, or for nobody', async () => {
    const attacker = service.newBrowser()
    await service.signIn(attacker)
    const forAttacker = linkFor(service)
    const victim = service.newBrowser()
    await service.signIn(victim)
    for (const link of [new URL(page), forAttacker]) {
      const answer = await victim.get(service.sign(link), { headers: { 'sec-fetch-site': 'cross-site' } })
      assert.equal(answer.status, 200)
      assert.match(answer.body, /<form method="post" action="\/\.pomerium\/sign_out"/)
      assert.ok(hasSession(victim))
      assert.doesNotMatch((await victim.get('https://auth.test/.pomerium/')).body, /Nobody is signed in/)
    }
    assert.match((await attacker.get('https://auth.test/.pomerium/')).body, /Nobody is signed in/)
  })

  it('cannot be forced by another site', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.com' },
      { 'sec-fetch-site': 'same-site', origin: 'https://app.test' },
      { 'sec-fetch-site': 'cross-site', origin: 'null' },
      { 'sec-fetch-site': '', origin: 'https://evil.com' },
      { 'sec-fetch-site': '', origin: '' },
    ]) {
      const answer = await browser.post(page, {}, { headers })
      assert.equal(answer.status, 400, JSON.stringify(headers))
    }
    assert.ok(hasSession(browser))
    assert.doesNotMatch((await browser.get('https://auth.test/.pomerium/')).body, /Nobody is signed in/)
  })

  it('works without a session', async () => {
    const answer = await service.newBrowser().post(page, {})
    assert.equal(answer.location.href, 'https://auth.test/.pomerium/signed_out')
    assert.equal((await service.newBrowser().get(answer.location)).status, 200)
  })
})

describe('who signed out can go on', () => {
  const signedOutFrom = (service: AuthenticateUnderTest, address: string): URL => {
    const link = linkFor(service)
    link.searchParams.set(queryParameters.redirectUri, address)
    return service.sign(link)
  }

  it('to the address they came from, with the IdP in between', async () => {
    await using service = await AuthenticateUnderTest.start()
    const browser = service.newBrowser()
    await service.signIn(browser)
    const { location } = await browser.get(signedOutFrom(service, 'https://app.test/reports?week=3'))
    assert.equal(
      location.searchParams.get('post_logout_redirect_uri'),
      'https://auth.test/.pomerium/signed_out',
      'what is registered, and nothing more',
    )
    const { body } = await browser.get('https://auth.test/.pomerium/signed_out')
    assert.match(body, /<a class="button first" href="https:\/\/app\.test\/reports\?week=3">Sign in again<\/a>/)
    assert.doesNotMatch(body, /still be signed in/)
    const elsewhere = await service.newBrowser().get('https://auth.test/.pomerium/signed_out')
    assert.doesNotMatch(elsewhere.body, /Sign in again/)
    service.clock.aheadMs += 700_000
    assert.doesNotMatch((await browser.get('https://auth.test/.pomerium/signed_out')).body, /Sign in again/)
  })

  it('only to a host of a route, and never by a link that authorize did not make', async () => {
    await using service = await AuthenticateUnderTest.start()
    const forged = `${page}?${queryParameters.redirectUri}=https%3A%2F%2Fapp.test%2F`
    for (const linkOf of [() => signedOutFrom(service, 'https://evil.example/'), () => forged]) {
      const browser = service.newBrowser()
      await service.signIn(browser)
      await browser.get(linkOf())
      assert.doesNotMatch((await browser.get('https://auth.test/.pomerium/signed_out')).body, /Sign in again/)
    }
  })

  it('and is told where the IdP keeps its session', async () => {
    await using service = await AuthenticateUnderTest.start({
      idp: { discovery: ({ end_session_endpoint: _, ...document }) => document },
    })
    const browser = service.newBrowser()
    await service.signIn(browser)
    const { location } = await browser.get(signedOutFrom(service, 'https://app.test/'))
    assert.match((await browser.get(location)).body, /You may still be signed in at your identity provider/)
  })
})

describe('signing out leads', () => {
  it('to the configured address, through the IdP', async () => {
    await using service = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, signOutRedirectUrl: new URL('https://www.example.com/bye') }),
    })
    const browser = service.newBrowser()
    await service.signIn(browser)
    const { location } = await browser.get(service.sign(linkFor(service)))
    assert.equal(location.searchParams.get('post_logout_redirect_uri'), 'https://www.example.com/bye')
  })

  it('to our own page where the IdP has no end session endpoint, and revokes nothing where it cannot', async () => {
    await using service = await AuthenticateUnderTest.start({
      idp: { discovery: ({ end_session_endpoint: _, revocation_endpoint: __, ...document }) => document },
    })
    const browser = service.newBrowser()
    await service.signIn(browser)
    const { location } = await browser.get(service.sign(linkFor(service)))
    assert.equal(location.href, 'https://auth.test/.pomerium/signed_out')
    assert.equal(service.idp.revoked.length, 0)
  })

  it('on, although the IdP fails or hangs at the revocation', async () => {
    for (const hang of [true, false]) {
      await using service = await AuthenticateUnderTest.start()
      const browser = service.newBrowser()
      await service.signIn(browser)
      const fail = (_: unknown, response: { destroy(): void }): void => {
        if (!hang) response.destroy()
      }
      service.idp.behave = { instead: { '/revoke': fail } }
      const begun = Date.now()
      assert.equal((await browser.get(service.sign(linkFor(service)))).status, 302)
      assert.ok(Date.now() - begun < 4_000)
    }
  })

  it('nowhere while the store does not answer: the cookie stays, and nobody is told they are signed out', async () => {
    let failing = false
    await using service = await AuthenticateUnderTest.start({ store: (store) => storeThatFails(store, () => failing) })
    const browser = service.newBrowser()
    await service.signIn(browser)
    failing = true
    const answer = await browser.get(service.sign(linkFor(service)))
    assert.equal(answer.headers['postern-error'], 'SESSION_STORE_UNAVAILABLE')
    assert.deepEqual(answer.cookies, [])
    failing = false
    assert.ok(hasSession(browser))
    assert.equal((await browser.get(service.sign(linkFor(service)))).status, 302)
  })
})
