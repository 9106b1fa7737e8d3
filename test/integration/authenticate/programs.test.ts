import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'

describe('a program', () => {
  let service: AuthenticateUnderTest
  before(async () => {
    service = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, programRedirectHosts: ['localhost', 'tools.example.com'] }),
    })
  })
  after(() => service[Symbol.asyncDispose]())

  /** As authorize makes it for a program. */
  const link = (target: string, host = 'app.test'): URL => {
    const url = new URL('/.pomerium/sign_in', service.authenticateUrl)
    url.searchParams.set(queryParameters.redirectUri, target)
    url.searchParams.set(queryParameters.credentialHost, host)
    return service.sign(url)
  }

  it('gets a credential for one route host where it waits, after the person signed in', async () => {
    const browser = service.newBrowser()
    const { location, cookies } = await service.signIn(browser, link('http://localhost:1234/cb?state=s'))
    assert.equal(`${location.origin}${location.pathname}`, 'http://localhost:1234/cb')
    assert.equal(location.searchParams.get('state'), 's')
    const credential = location.searchParams.get('pomerium_jwt') ?? ''
    const keys = [deriveKey(service.sharedSecret, keyPurposes.sessionCredential)]
    const credentials = new SessionCredentials(keys, 'auth.test')
    const verdict = await credentials.verify(credential, 'app.test', new Date())
    assert.equal(verdict.kind === 'valid' && verdict.handle, service.lastSession())
    assert.equal((await credentials.verify(credential, 'other.test', new Date())).kind, 'refused')
    assert.ok(cookies.every((cookie) => !cookie.includes(credential)))
  })

  it('gets it at once from somebody who is signed in', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    const { location } = await browser.get(link('https://tools.example.com/cb'))
    assert.equal(location.host, 'tools.example.com')
    assert.ok(location.searchParams.has('pomerium_jwt'))
  })

  for (const [title, target, host] of [
    ['at an address that is not listed', 'https://evil.com/cb', 'app.test'],
    ['for a host without a route', 'http://localhost:1/cb', 'nowhere.test'],
    ['for the authenticate host', 'http://localhost:1/cb', 'auth.test'],
    ['for what is no host', 'http://localhost:1/cb', 'app.test/../evil'],
  ] as const) {
    it(`gets none ${title}, even by a signed link`, async () => {
      const browser = service.newBrowser()
      await service.signIn(browser)
      const answer = await browser.get(link(target, host))
      assert.equal(answer.status, 400)
      assert.equal(answer.headers['postern-error'], 'RETURN_TO_REFUSED')
      assert.equal(answer.headers.location, undefined)
    })
  }

  it('gets none by a link that nobody signed, or for a script', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    const unsigned = link('http://localhost:1/cb')
    unsigned.searchParams.delete('pomerium_signature')
    assert.equal((await browser.get(unsigned)).status, 400)
    const script = await browser.get(link('http://localhost:1/cb'), { headers: { 'sec-fetch-mode': 'cors' } })
    assert.equal(script.status, 401)
  })

  it('gets one credential for one sign-in: a reload does not bring it another', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(link('http://localhost:1234/cb'))
    const back = service.idp.approve(location)
    await browser.get(back)
    const again = await browser.get(back)
    assert.equal(again.status, 400)
    assert.equal(again.headers.location, undefined)
  })

  it('is nowhere allowed when the list is empty', async () => {
    await using strict = await AuthenticateUnderTest.start()
    const url = new URL('/.pomerium/sign_in', strict.authenticateUrl)
    url.searchParams.set(queryParameters.redirectUri, 'http://localhost:1/cb')
    url.searchParams.set(queryParameters.credentialHost, 'app.test')
    assert.equal((await strict.newBrowser().get(strict.sign(url))).headers['postern-error'], 'RETURN_TO_REFUSED')
  })
})
