import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { startStack, type Stack } from '@postern/dev/stack.ts'
import { helloAudience } from '@postern/dev/stand-ins.ts'
import type { VerifyAnswer } from '@postern/dev/verify.ts'
import { createLogger } from '@postern/shared/log/json-logger.ts'
import { newVisitor, openChromium, type Visitor } from '../support/chromium.ts'

describe('a person in a browser, at the quick start', () => {
  let browser: Browser
  let stack: Stack
  const visitors: Visitor[] = []
  const visit = async (url: string): Promise<Visitor> => {
    const visitor = await newVisitor(browser)
    visitors.push(visitor)
    await visitor.page.goto(url)
    return visitor
  }
  const signInAs = async ({ page }: Visitor, name: string): Promise<void> => {
    assert.match(page.url(), /^http:\/\/localhost:\d+\/interaction\//)
    await page.getByRole('button', { name }).click()
  }

  before(async () => {
    browser = await openChromium()
    const log = createLogger({ service: 'postern', level: 'warn', format: 'pretty', destination: process.stderr })
    stack = await startStack({ processEnvironment: process.env, log })
  })
  after(async () => {
    await stack[Symbol.asyncDispose]()
    await browser.close()
  })
  afterEach(async () => {
    for (const visitor of visitors.splice(0)) await visitor[Symbol.asyncDispose]()
    stack.cloudRun.forgetRequests()
  })

  it('Mallory, whom the policy denies, gets the 403 page; Cloud Run and the metadata server hear nothing', async () => {
    stack.metadata.faults.forgetRequests()
    const visitor = await visit(stack.helloUrl)
    const [response] = await Promise.all([
      visitor.page.waitForResponse((each) => each.url() === `${stack.helloUrl}/` && each.status() !== 302),
      signInAs(visitor, 'Mallory Stranger'),
    ])
    assert.equal(response.status(), 403)
    assert.equal(stack.cloudRun.requests.length, 0)
    assert.deepEqual(stack.metadata.faults.audiences, [])
  })

  it('Ada signs in with one click and lands where the token of the request is shown', async () => {
    const visitor = await visit(stack.helloUrl)
    await signInAs(visitor, 'Ada Lovelace')
    await visitor.page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor()
    const text = await visitor.page.locator('main').innerText()
    assert.match(text, /Cloud Run accepted the Google token/)
    for (const shown of [
      'X-Serverless-Authorization',
      helloAudience,
      stack.metadata.account.email,
      'ada@example.com',
    ]) {
      assert.ok(text.includes(shown), shown)
    }
    assert.equal(visitor.page.url(), `${stack.helloUrl}/`)
  })

  it('a deep link survives the sign-in, query and all', async () => {
    const deep = `${stack.helloUrl}/reports/2026?month=11&q=a%20b`
    const visitor = await visit(deep)
    await signInAs(visitor, 'Ada Lovelace')
    await visitor.page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor()
    assert.equal(visitor.page.url(), deep)
    assert.equal(stack.cloudRun.requests.at(-1)?.path, '/reports/2026?month=11&q=a%20b')
  })

  it('a second route needs no second sign-in, and its application verifies the assertion itself', async () => {
    const visitor = await visit(stack.helloUrl)
    await signInAs(visitor, 'Ada Lovelace')
    await visitor.page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor()
    await visitor.page.goto(stack.verifyRouteUrl)
    await visitor.page.getByText('The assertion is genuine').waitFor()
    const shown = await visitor.page.evaluate(async () =>
      (await fetch('/', { headers: { accept: 'application/json' } })).json(),
    )
    const { assertion, headers } = shown as VerifyAnswer
    assert.ok(assertion.kind === 'verified')
    assert.equal(assertion.claims['email'], 'ada@example.com')
    assert.equal(headers['x-pomerium-claim-email'], 'ada@example.com')
  })

  it('after signing out, the next visit asks again', async () => {
    const visitor = await visit(stack.helloUrl)
    await signInAs(visitor, 'Ada Lovelace')
    await visitor.page.getByRole('link', { name: 'Sign out' }).click()
    const confirm = visitor.page.getByRole('button', { name: /sign out/i })
    await Promise.race([confirm.waitFor(), visitor.page.waitForURL(/signed_out/)])
    if (await confirm.isVisible()) await confirm.click()
    await visitor.page.waitForURL(/signed_out/)
    await visitor.page.goto(stack.helloUrl)
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })

  it('going around the proxy gives Google’s 403', async () => {
    const visitor = await newVisitor(browser)
    visitors.push(visitor)
    const response = await visitor.page.goto(`http://localhost:${stack.ports.cloudRun}/`)
    assert.equal(response?.status(), 403)
    assert.match(await response.text(), /Your client does not have permission to get URL/)
  })
})
