import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ada, mallory, type Person } from '@postern/dev/idp/people.ts'
import { startStack, type Stack } from '@postern/dev/stack.ts'
import { helloAudience } from '@postern/dev/stand-ins.ts'
import type { Browser, Page } from 'playwright-core'
import { newVisitor, openChromium, signInAs } from '../support/chromium.ts'
import { recordingLog } from '../support/recording-log.ts'

let browser: Browser
let stack: Stack

before(async () => {
  browser = await openChromium()
  stack = await startStack({ processEnvironment: process.env, log: recordingLog() })
})
after(async () => {
  await browser.close()
  await stack[Symbol.asyncDispose]()
})

const openAs = (page: Page, url: string, person: Person): Promise<void> =>
  signInAs(page, url, stack.identityProvider.issuer, person)

describe('a person whom the policy lets in', () => {
  it('signs in at the IdP and lands on the application, which got a valid Google token', async () => {
    await using visitor = await newVisitor(browser)
    await openAs(visitor.page, stack.helloUrl, ada)
    assert.equal(visitor.page.url(), `${stack.helloUrl}/`)
    const text = await visitor.page.innerText('body')
    assert.match(text, /Ada Lovelace/)
    assert.ok(text.includes(helloAudience), 'the token is for the service')
    assert.ok(text.includes(stack.metadata.account.email), 'the token is of the proxy’s service account')
    assert.match(text, /X-Serverless-Authorization/i)
    assert.equal(stack.cloudRun.requests.at(-1)?.outcome, 'forwarded')
  })

  it('lands on the deep link that was opened, query and all', async () => {
    await using visitor = await newVisitor(browser)
    const deep = `${stack.helloUrl}/reports/2026?month=11&q=a%20b%2Bc`
    await openAs(visitor.page, deep, ada)
    assert.equal(visitor.page.url(), deep)
    assert.equal(stack.cloudRun.requests.at(-1)?.path, '/reports/2026?month=11&q=a%20b%2Bc')
  })

  it('opens a second route without another visit to the IdP', async () => {
    await using visitor = await newVisitor(browser)
    await openAs(visitor.page, stack.helloUrl, ada)
    const visited: string[] = []
    visitor.page.on('request', (request) => visited.push(request.url()))
    await visitor.page.goto(stack.verifyRouteUrl)
    assert.equal(visitor.page.url(), `${stack.verifyRouteUrl}/`)
    assert.match(await visitor.page.innerText('body'), /ada@example\.com/)
    assert.deepEqual(
      visited.filter((url) => url.startsWith(stack.identityProvider.issuer)),
      [],
    )
  })

  it('is asked again after signing out, on every host', async () => {
    await using visitor = await newVisitor(browser)
    const { page } = visitor
    await openAs(page, stack.helloUrl, ada)
    await page.goto(stack.verifyRouteUrl)
    const before = await visitor.context.cookies()
    await page.goto(`${stack.helloUrl}/.pomerium/sign_out`)
    await page.waitForURL(/signed_out/)
    assert.match(await page.innerText('body'), /signed out/i)
    for (const url of [stack.helloUrl, stack.verifyRouteUrl]) {
      await page.goto(url)
      assert.equal(new URL(page.url()).origin, stack.identityProvider.issuer)
    }
    await visitor.context.clearCookies()
    await visitor.context.addCookies(before.filter(({ domain }) => domain.endsWith('.localhost')))
    await page.goto(stack.helloUrl)
    assert.equal(new URL(page.url()).origin, stack.identityProvider.issuer, 'a kept copy of the cookies opens nothing')
  })

  it('signs in in several tabs at once', async () => {
    await using visitor = await newVisitor(browser)
    const urls = Array.from({ length: 4 }, (_, tab) => `${stack.helloUrl}/tab/${tab}`)
    const tabs = await Promise.all(
      urls.map(async (url) => {
        const page = await visitor.context.newPage()
        await page.goto(url)
        return page
      }),
    )
    for (const page of tabs) {
      await Promise.all([
        page.waitForURL((at) => at.origin !== stack.identityProvider.issuer),
        page.click(`text=${ada.name}`),
      ])
    }
    assert.deepEqual(
      tabs.map((page) => page.url()),
      urls,
    )
  })

  it('carries no credential of the proxy to the application', async () => {
    await using visitor = await newVisitor(browser)
    await openAs(visitor.page, stack.helloUrl, ada)
    const names = (await visitor.context.cookies(stack.helloUrl)).map(({ name }) => name)
    assert.ok(names.includes('_pomerium'))
    const cookies = stack.cloudRun.requests.at(-1)?.headers.filter(([name]) => name.toLowerCase() === 'cookie') ?? []
    assert.ok(!JSON.stringify(cookies).includes('_pomerium'))
    for (const cookie of await visitor.context.cookies()) {
      if (!cookie.name.startsWith('_pomerium')) continue
      assert.ok(cookie.secure && cookie.httpOnly, cookie.name)
    }
  })
})

describe('a person whom the policy turns away', () => {
  it('gets the 403 page after signing in; neither the application nor Google hears of it (CSRF-14)', async () => {
    await using visitor = await newVisitor(browser)
    // Tokens too short-lived to be kept: each use would need a request of its own.
    stack.metadata.faults.tokenLifetimeSeconds = 20
    const requests = stack.cloudRun.requests.length
    stack.metadata.faults.forgetRequests()
    try {
      await openAs(visitor.page, stack.helloUrl, mallory)
      const text = await visitor.page.innerText('body')
      assert.match(text, /403/)
      assert.match(text, /mallory@elsewhere\.test/)
      assert.equal(stack.cloudRun.requests.length, requests)
      assert.deepEqual(stack.metadata.faults.requests, [])
    } finally {
      stack.metadata.faults.recover()
    }
  })

  it('can sign out there and come back as somebody else', async () => {
    await using visitor = await newVisitor(browser)
    const { page } = visitor
    await openAs(page, stack.helloUrl, mallory)
    await page.getByRole('button', { name: 'Sign in as somebody else' }).click()
    await page.waitForURL(/signed_out/)
    await page.getByRole('link', { name: 'Sign in again' }).click()
    await page.getByText(ada.name).click()
    await page.waitForURL(`${stack.helloUrl}/`)
    assert.match(await page.innerText('body'), new RegExp(ada.email))
  })

  it('has the buttons of the page that says so in one row, where there is room', async () => {
    await using visitor = await newVisitor(browser)
    const { page } = visitor
    await page.setViewportSize({ width: 1280, height: 800 })
    await openAs(page, stack.helloUrl, mallory)
    const somebodyElse = await page.getByRole('button', { name: 'Sign in as somebody else' }).boundingBox()
    const session = await page.getByRole('link', { name: 'About my session' }).boundingBox()
    assert.ok(somebodyElse && session && session.x > somebodyElse.x + somebodyElse.width, JSON.stringify(session))
  })
})

describe('around the proxy', () => {
  it('the Cloud Run URL itself answers with Google’s 403', async () => {
    await using visitor = await newVisitor(browser)
    const answer = await visitor.page.goto(stack.cloudRun.url)
    assert.equal(answer?.status(), 403)
    assert.match(await visitor.page.innerText('body'), /does not have permission to get URL/)
  })
})
