/**
 * Against the stack of `docker-compose.yml`, which must be up: not part of `npm test`, which needs no containers.
 *
 *     docker compose up --wait && node --test test/containers/compose.test.ts
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ada, mallory } from '@postern/dev/idp/people.ts'
import type { Browser } from 'playwright-core'
import { newVisitor, openChromium, signInAs } from '../support/chromium.ts'

const helloUrl = 'http://hello.localhost:8080'
const verifyUrl = 'http://verify.localhost:8080'
const issuer = 'http://idp.localhost:8081'

let browser: Browser
before(async () => {
  browser = await openChromium()
})
after(() => browser.close())

describe('three services in containers of their own', () => {
  it('bring an allowed person to the private service, with a Google token, and to every other route', async () => {
    await using visitor = await newVisitor(browser)
    await signInAs(visitor.page, `${helloUrl}/deep?link=1`, issuer, ada)
    assert.equal(visitor.page.url(), `${helloUrl}/deep?link=1`)
    assert.match(await visitor.page.innerText('body'), /https:\/\/hello-abcdef-uc\.a\.run\.app/)
    await visitor.page.goto(verifyUrl)
    assert.match(await visitor.page.innerText('body'), /ada@example\.com/)
  })

  it('keep out a person whom the policy does not let in', async () => {
    await using visitor = await newVisitor(browser)
    await signInAs(visitor.page, helloUrl, issuer, mallory)
    assert.match(await visitor.page.innerText('body'), /Access denied/)
  })

  it('ask again after signing out', async () => {
    await using visitor = await newVisitor(browser)
    await signInAs(visitor.page, helloUrl, issuer, ada)
    await visitor.page.goto(`${helloUrl}/.pomerium/sign_out`)
    await visitor.page.waitForURL(/signed_out/)
    await visitor.page.goto(helloUrl)
    assert.equal(new URL(visitor.page.url()).origin, issuer)
  })
})
