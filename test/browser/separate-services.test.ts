import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ada, mallory } from '@postern/dev/idp/people.ts'
import type { Browser } from 'playwright-core'
import { newVisitor, openChromium, signInAs, type Visitor } from '../support/chromium.ts'
import { startSeparateServices, type SeparateServices } from '../support/separate-services.ts'

let browser: Browser
let services: SeparateServices
let visitor: Visitor

before(async () => {
  browser = await openChromium()
  services = await startSeparateServices()
  visitor = await newVisitor(browser)
})
after(async () => {
  await browser.close()
  await services[Symbol.asyncDispose]()
})

/** Opens hello on a fresh connection each time, so that the balancer's turn decides which proxy answers. */
async function helloAnswer(): Promise<{ status: number; url: string; body: string }> {
  const answer = await visitor.page.goto(`${services.helloUrl}/still-there`)
  return { status: answer?.status() ?? 0, url: visitor.page.url(), body: await visitor.page.innerText('body') }
}

async function assertStillSignedIn(): Promise<void> {
  for (let visit = 0; visit < 4; visit += 1) {
    const { status, url, body } = await helloAnswer()
    assert.equal(status, 200, body)
    assert.equal(url, `${services.helloUrl}/still-there`)
    assert.match(body, /Ada Lovelace/)
  }
}

describe('two proxies, two authorizes and authenticate as processes, mutual TLS, Redis with TLS and users', () => {
  it('a person signs in and reaches the private service', async () => {
    await signInAs(visitor.page, services.helloUrl, services.standIns.identityProvider.issuer, ada)
    assert.equal(visitor.page.url(), `${services.helloUrl}/`)
    assert.match(await visitor.page.innerText('body'), /Ada Lovelace/)
    await assertStillSignedIn()
  })

  for (const name of ['proxy-1', 'proxy-2', 'authorize-1', 'authorize-2', 'authenticate'] as const) {
    it(`stays signed in when ${name} is restarted`, async () => {
      await services.restart(name)
      await assertStillSignedIn()
    })

    it(`stays signed in when ${name} is killed, and while it is gone`, async () => {
      await services.process(name).kill()
      await assertStillSignedIn()
      await services.restart(name, 'kill')
      await assertStillSignedIn()
    })
  }

  it('turns away whom the policy does not let in, without a request to the service', async () => {
    await using other = await newVisitor(browser)
    const requests = services.standIns.cloudRun.requests.length
    await signInAs(other.page, services.helloUrl, services.standIns.identityProvider.issuer, mallory)
    assert.match(await other.page.innerText('body'), /403/)
    assert.equal(services.standIns.cloudRun.requests.length, requests)
  })

  it('asks again after signing out', async () => {
    await visitor.page.goto(`${services.helloUrl}/.pomerium/sign_out`)
    await visitor.page.waitForURL(/signed_out/)
    const { url } = await helloAnswer()
    assert.equal(new URL(url).origin, services.standIns.identityProvider.issuer)
  })

  it('each process stops with exit code 0 on SIGTERM', async () => {
    for (const name of ['proxy-1', 'proxy-2', 'authorize-1', 'authorize-2', 'authenticate'] as const) {
      assert.equal(await services.process(name).stop(), 0, name)
    }
  })
})
