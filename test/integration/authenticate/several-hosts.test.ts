import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'

describe('a sign-in to several hosts', () => {
  let service: AuthenticateUnderTest
  before(async () => {
    const host = (name: string) => ({ scheme: 'https', host: name, port: undefined }) as const
    service = await AuthenticateUnderTest.start({
      configure: (config) => ({ ...config, returnHosts: [...config.returnHosts, host('third.test')] }),
    })
  })
  after(() => service[Symbol.asyncDispose]())

  const first = (hosts: string): URL =>
    service.signInLink('https://app.test/deep', { more: { [queryParameters.additionalHosts]: hosts } })

  const next = (host: string, continueAt: string): URL => {
    const { origin, pathname, searchParams } = new URL(continueAt)
    assert.equal(`${origin}${pathname}`, `https://${host}/.pomerium/continue`)
    const chain = searchParams.get(queryParameters.chain) ?? ''
    return service.signInLink(`https://${host}/`, { more: { [queryParameters.chain]: chain }, binding: `of ${host}` })
  }

  it('goes through each of them, with a cookie of its own, and ends where the person wanted to be', async () => {
    const browser = service.newBrowser()
    const app = await service.redeem(await service.signIn(browser, first('other.test,third.test')))
    const other = await browser.get(next('other.test', app.continueAt))
    const redeemed = await service.redeem(other, { host: 'other.test', signInBinding: 'of other.test' })
    const third = await browser.get(next('third.test', redeemed.continueAt))
    const last = await service.redeem(third, { host: 'third.test', signInBinding: 'of third.test' })
    assert.equal(last.continueAt, 'https://app.test/deep')
    assert.equal(new Set([app.credential, redeemed.credential, last.credential]).size, 3)
  })

  it('is bound to the browser on every host (CSRF-07)', async () => {
    const browser = service.newBrowser()
    const app = await service.redeem(await service.signIn(browser, first('other.test')))
    const other = await browser.get(next('other.test', app.continueAt))
    await assert.rejects(service.redeem(other, { host: 'other.test', signInBinding: 'of another browser' }), {
      code: 'TICKET_INVALID',
    })
  })

  it('leaves out hosts without a route, and goes nowhere else', async () => {
    const app = await service.redeem(await service.signIn(service.newBrowser(), first('evil.com,auth.test,a@b,')))
    assert.equal(app.continueAt, '')
    assert.equal(app.redirectUri, 'https://app.test/deep')
  })

  it('is not continued by what was not sealed here, or long ago', async () => {
    const browser = service.newBrowser()
    const app = await service.redeem(await service.signIn(browser, first('other.test')))
    const made = service.signInLink('https://other.test/', { more: { [queryParameters.chain]: 'made-up' } })
    assert.equal((await browser.get(made)).headers['postern-error'], 'SIGN_IN_LINK_INVALID')
    service.clock.aheadMs += 601_000
    assert.equal(
      (await browser.get(next('other.test', app.continueAt))).headers['postern-error'],
      'SIGN_IN_LINK_INVALID',
    )
  })
})
