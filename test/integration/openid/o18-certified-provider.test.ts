import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ada } from '@postern/dev/idp/people.ts'
import { startIdentityProvider, type IdentityProvider } from '@postern/dev/identity-provider.ts'
import type { IdpConfig } from '@postern/shared/config/model.ts'
import { Secret } from '@postern/shared/secret.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import { WebClient, type WebAnswer } from '../../support/web-client.ts'

const home = 'https://auth.test'

describe('O18: with a certified OpenID provider', () => {
  let provider: IdentityProvider
  let service: AuthenticateUnderTest
  before(async () => {
    provider = await startIdentityProvider({
      clientId: 'postern',
      clientSecret: 'a secret with % and : and + in it',
      redirectUris: [`${home}/oauth2/callback`],
      postLogoutRedirectUris: [`${home}/.pomerium/signed_out`],
      accessTokenSeconds: 60,
    })
    service = await AuthenticateUnderTest.start({
      configure: (config) => ({
        ...config,
        idp: clientOf(config.idp),
      }),
    })
  })
  after(async () => {
    await service[Symbol.asyncDispose]()
    await provider[Symbol.asyncDispose]()
  })

  const clientOf = (idp: IdpConfig): IdpConfig => ({
    ...idp,
    issuer: new URL(provider.issuer),
    clientSecret: new Secret('a secret with % and : and + in it'),
  })

  /** Plays the person at the IdP until it leads back here. */
  async function throughIdp(atIdp: WebClient, start: URL, person: string): Promise<URL> {
    let url = start
    for (let step = 0; step < 10; step += 1) {
      if (url.origin === home) return url
      let answer: WebAnswer = await atIdp.get(url)
      if (answer.status === 200) answer = await atIdp.post(url, { person })
      assert.ok(answer.status < 400, answer.body)
      url = answer.location
    }
    throw new Error('the IdP does not lead back')
  }

  it('a person signs in, is refreshed with a rotating token, and signs out there too', async () => {
    const browser = service.newBrowser()
    const atIdp = new WebClient(Number(new URL(provider.issuer).port))
    const { location } = await browser.get(service.signInLink())
    const back = await browser.get(await throughIdp(atIdp, location, ada.id))
    assert.equal(back.location.host, 'app.test', back.body)
    assert.equal((await service.redeem(back)).redirectUri, 'https://app.test/deep/link?q=1')
    assert.match((await browser.get(`${home}/.pomerium/`)).body, new RegExp(ada.email))

    for (let hour = 0; hour < 2; hour += 1) {
      const found = await service.store.find(service.lastSession())
      assert.ok(found.kind === 'found')
      const due = {
        ...found.session,
        version: found.session.version + 1,
        refreshDueAtMs: service.clock.now().getTime(),
      }
      await service.store.replace(due)
      assert.equal(await service.refresh(service.lastSession()), 'OUTCOME_REFRESHED')
    }

    const link = new URL(`${home}/.pomerium/sign_out`)
    link.searchParams.set(queryParameters.sessionHandle, service.lastSession())
    const out = await browser.get(service.sign(link))
    assert.equal(out.location.origin, provider.issuer)
    const asked = await atIdp.get(out.location)
    assert.ok(asked.status < 400, asked.body)
    assert.ok(provider.requests.some((request) => request.startsWith('POST /token/revocation')))
  })

  it('a person whom it has to ask again, because the sign-in has to be fresh, gets in (O7)', async () => {
    await using strict = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, idp: { ...clientOf(config.idp), requestParams: { max_age: '0' } } }),
    })
    const atIdp = new WebClient(Number(new URL(provider.issuer).port))
    for (let visit = 0; visit < 2; visit += 1) {
      const browser = strict.newBrowser()
      const { location } = await browser.get(strict.signInLink())
      const back = await browser.get(await throughIdp(atIdp, location, ada.id))
      assert.equal(back.location.host, 'app.test', back.body)
    }
  })

  it('a person who declines gets a page, and can start again', async () => {
    const browser = service.newBrowser()
    const atIdp = new WebClient(Number(new URL(provider.issuer).port))
    const { location } = await browser.get(service.signInLink())
    const answer = await browser.get(await throughIdp(atIdp, location, 'nobody'))
    assert.equal(answer.status, 403)
    assert.match(answer.body, /Start again/)
  })
})
