import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'

describe('O1: the authorization request (OpenID Connect Core 3.1.2.1)', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  async function begin(): Promise<{ asked: URLSearchParams; stored: string }> {
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    return { asked: location.searchParams, stored: [...browser.jar.values()].join(' ') }
  }

  it('asks for a code with the scope openid, at the registered address', async () => {
    const { asked } = await begin()
    assert.equal(asked.get('response_type'), 'code')
    assert.ok(asked.get('scope')?.split(' ').includes('openid'))
    assert.equal(asked.get('client_id'), 'postern')
    assert.equal(asked.get('redirect_uri'), 'https://auth.test/oauth2/callback')
    assert.equal(asked.get('code_challenge_method'), 'S256')
  })

  for (const name of ['nonce', 'state', 'code_challenge']) {
    it(`has a ${name} of its own each time, of 256 bits or more`, async () => {
      const values = new Set<string>()
      for (let attempt = 0; attempt < 20; attempt += 1) values.add((await begin()).asked.get(name) ?? '')
      assert.equal(values.size, 20)
      for (const value of values) assert.match(value, /^[\w.-]{43,}$/)
    })
  }

  it('keeps the nonce in this browser, sealed: neither its cookie nor state shows it', async () => {
    const { asked, stored } = await begin()
    const nonce = asked.get('nonce') ?? ''
    const hidden = [nonce, Buffer.from(nonce).toString('base64url'), Buffer.from(nonce).toString('base64')]
    for (const spelling of hidden) {
      assert.ok(!stored.includes(spelling))
      assert.ok(!asked.get('state')?.includes(spelling))
    }
  })
})
