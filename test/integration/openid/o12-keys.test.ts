import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { assertUnavailable } from '../../support/unavailable.ts'

describe('O12: keys of the IdP (OpenID Connect Core 10.1.1, REL-J)', () => {
  it('that were rotated are picked up at once', async () => {
    await using service = await AuthenticateUnderTest.start()
    await service.signIn(service.newBrowser())
    service.idp.rotateKeys('second')
    assert.equal((await service.signIn(service.newBrowser())).status, 302)
    assert.equal(service.idp.count('GET /jwks'), 2)
  })

  it('that nobody knows do not make us ask again and again', async () => {
    await using service = await AuthenticateUnderTest.start()
    await service.signIn(service.newBrowser())
    service.idp.behave = { header: () => ({ alg: 'RS256', kid: 'unknown' }) }
    for (let attempt = 0; attempt < 10; attempt += 1) assertUnavailable(await service.signIn(service.newBrowser()))
    assert.equal(service.idp.count('GET /jwks'), 2)
  })

  it('stay in use while the key set cannot be had', async () => {
    await using service = await AuthenticateUnderTest.start()
    await service.signIn(service.newBrowser())
    service.idp.behave = { instead: { '/jwks': (_, response) => void response.writeHead(500).end() } }
    service.clock.aheadMs += 10_000
    assert.equal((await service.signIn(service.newBrowser())).status, 302)
  })
})
