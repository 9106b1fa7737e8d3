import { existsSync } from 'node:fs'
import type { Person } from '@postern/dev/idp/people.ts'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The system's Chromium, without the connections a fresh profile makes by itself. */
export async function openChromium(): Promise<Browser> {
  const executablePath = candidates.find((path) => existsSync(path))
  if (!executablePath)
    throw new Error(`no Chromium at ${candidates.join(', ')}: run \`node scripts/install.mjs --test\``)
  return await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A person with a browser profile of their own: no cookie is shared with anybody. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
}

export async function newVisitor(browser: Browser): Promise<Visitor> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  return { page, context, [Symbol.asyncDispose]: () => context.close() }
}

/** Opens a page behind the proxy as somebody who is not signed in yet, and chooses a person at the IdP. */
export async function signInAs(page: Page, url: string, issuer: string, person: Person): Promise<void> {
  await page.goto(url)
  if (new URL(page.url()).origin !== issuer) throw new Error(`the way in leads to ${page.url()}, not to the IdP`)
  await Promise.all([page.waitForURL((at) => at.origin !== issuer), page.click(`text=${person.name}`)])
  await page.waitForLoadState()
}
