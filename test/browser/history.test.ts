import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { ada } from '@postern/dev/idp/people.ts'
import { startStack, type Stack } from '@postern/dev/stack.ts'
import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import { signUrl } from '@postern/shared/crypto/signed-url.ts'
import { Secret } from '@postern/shared/secret.ts'
import { hashBinding } from '@postern/shared/session/sign-in-binding.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import type { Browser, Page } from 'playwright-core'
import { newVisitor, openChromium, signInAs } from '../support/chromium.ts'
import { recordingLog } from '../support/recording-log.ts'

const sharedSecret = randomBytes(32).toString('base64')

let browser: Browser
let stack: Stack

before(async () => {
  browser = await openChromium()
  stack = await startStack({
    processEnvironment: process.env,
    log: recordingLog(),
    environment: { SHARED_SECRET: sharedSecret, COOKIE_SECRET: randomBytes(32).toString('base64') },
  })
})
after(async () => {
  await browser.close()
  await stack[Symbol.asyncDispose]()
})

/** Every address that the page's main frame asked for, redirects included. */
function addressesOf(page: Page): string[] {
  const addresses: string[] = []
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) addresses.push(request.url())
  })
  return addresses
}

async function startAgain(page: Page): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.getByRole('link', { name: 'Start again' }).click()])
}

/** Follows the one way on that a page of ours offers, and signs in where that leads to the IdP. */
async function goOn(page: Page): Promise<void> {
  await startAgain(page)
  const { issuer } = stack.identityProvider
  if (new URL(page.url()).origin !== issuer) return
  await Promise.all([page.waitForURL((at) => at.origin !== issuer), page.click(`text=${ada.name}`)])
  await page.waitForLoadState()
}

describe('a browser with a history', () => {
  it('goes back through its sign-in, step by step, and is never sent round in circles', async () => {
    await using visitor = await newVisitor(browser)
    const { page } = visitor
    await page.goto('about:blank')
    const addresses = addressesOf(page)
    await signInAs(page, `${stack.helloUrl}/page`, stack.identityProvider.issuer, ada)
    assert.equal(page.url(), `${stack.helloUrl}/page`)
    for (let step = 0; step < 10 && page.url() !== 'about:blank'; step += 1) {
      addresses.length = 0
      await page.goBack()
      await page.waitForLoadState()
      assert.ok(addresses.length <= 5, addresses.join('\n'))
    }
    assert.equal(page.url(), 'about:blank')
    await page.goForward()
    await page.goto(`${stack.helloUrl}/page`)
    assert.match(await page.innerText('body'), /Ada Lovelace/)
  })

  it('opens every address of its sign-in again, as restored tabs do, and is at the application', async () => {
    await using visitor = await newVisitor(browser)
    const { page } = visitor
    const addresses = addressesOf(page)
    await signInAs(page, `${stack.helloUrl}/page`, stack.identityProvider.issuer, ada)
    const ours = addresses.filter((url) => new URL(url).origin !== stack.identityProvider.issuer)
    assert.ok(ours.some((url) => url.includes('/oauth2/callback')))
    for (const address of ours) {
      await page.goto(address)
      // What a used ticket was for, nobody knows any more: that tab is on the front page.
      const isTicket = address.includes('/.pomerium/callback/')
      assert.equal(page.url(), `${stack.helloUrl}/${isTicket ? '' : 'page'}`, address)
    }
  })

  it('restores a tab after its cookies are gone: a page with a way on, or the sign-in', async () => {
    await using visitor = await newVisitor(browser)
    const { page, context } = visitor
    const addresses = addressesOf(page)
    await signInAs(page, `${stack.helloUrl}/page`, stack.identityProvider.issuer, ada)
    const callbacks = addresses.filter((url) => /\/oauth2\/callback|\/\.pomerium\/callback/.test(url))
    assert.equal(callbacks.length, 2)
    for (const address of callbacks) {
      await context.clearCookies()
      await page.goto(address)
      await goOn(page)
      assert.equal(new URL(page.url()).origin, stack.helloUrl, address)
      assert.match(await page.innerText('body'), /Ada Lovelace/)
    }
  })

  it('opens a bookmarked sign-in page that is too old, and gets on from there', async () => {
    await using visitor = await newVisitor(browser)
    const { page } = visitor
    const link = new URL('/.pomerium/sign_in', stack.authenticateUrl)
    link.searchParams.set(queryParameters.redirectUri, `${stack.helloUrl}/page`)
    link.searchParams.set(queryParameters.binding, hashBinding('of a browser long ago'))
    const key = deriveKey(new Secret(sharedSecret), keyPurposes.signedUrl)
    const old = signUrl(link, key, new Date(Date.now() - 86_400_000), 300_000)
    const answer = await page.goto(old.href)
    assert.equal(answer?.status(), 400)
    await goOn(page)
    assert.equal(page.url(), `${stack.helloUrl}/page`)
  })

  it('that does not keep the application’s cookie is stopped on the fourth round, and told why', async () => {
    await using forgetful = await startForgetfulProxy()
    await using context = await browser.newContext({ proxy: { server: forgetful.url } })
    const page = await context.newPage()
    const addresses = addressesOf(page)
    await signInAs(page, `${stack.helloUrl}/page`, stack.identityProvider.issuer, ada)
    const assertExplained = async (): Promise<void> => {
      const text = await page.innerText('body')
      assert.match(text, /went round in circles/)
      assert.match(text, /accepts cookies/)
      const rounds = addresses.filter((url) => url.includes('/.pomerium/sign_in')).length
      assert.ok(rounds >= 3 && rounds <= 5, addresses.join('\n'))
    }
    await assertExplained()
    addresses.length = 0
    await startAgain(page)
    await assertExplained()
    forgetful.isForgetful = false
    await startAgain(page)
    assert.equal(page.url(), `${stack.helloUrl}/page`)
    assert.match(await page.innerText('body'), /Ada Lovelace/)
  })
})

/** Between a browser and everything: loses the cookies of the routes' hosts, as a strict privacy setting does. */
async function startForgetfulProxy(): Promise<{ url: string; isForgetful: boolean } & AsyncDisposable> {
  const state = { isForgetful: true }
  const server = createServer((asked, answer) => {
    const { hostname, port, pathname, search } = new URL(asked.url ?? '')
    const host = hostname.endsWith('localhost') ? '127.0.0.1' : hostname
    const sent = request({ host, port, path: pathname + search, method: asked.method, headers: asked.headers })
    sent.once('error', () => answer.destroy())
    sent.once('response', (response) => {
      const { 'set-cookie': cookies = [], ...headers } = response.headers
      const kept = cookies.filter((cookie) => !state.isForgetful || !cookie.startsWith('_pomerium='))
      answer.writeHead(response.statusCode ?? 502, { ...headers, ...(kept.length > 0 && { 'set-cookie': kept }) })
      response.pipe(answer)
    })
    asked.pipe(sent)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    url: `http://127.0.0.1:${String(port)}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
