import { WebClient } from '../../support/web-client.ts'
import type { MisbehavingIdp } from '../../support/misbehaving-idp.ts'
import { visit } from '../../support/whole-stack.ts'
import type { RunningStack } from './running-stack.ts'

/** People with a browser each, at every stack of their own. They sign in one after the other: the provider knows one at a time. */
export class People {
  readonly #idp: MisbehavingIdp
  readonly #browsers = new WeakMap<RunningStack, Map<string, WebClient>>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(idp: MisbehavingIdp) {
    this.#idp = idp
  }

  /** The cookies that a person's browser sends to this address, after having signed in there. */
  async cookie(stack: RunningStack, person: string, host: string, path: string): Promise<string> {
    const url = new URL(`https://${host}/`)
    const browser = this.browser(stack, person)
    if (!browser.cookiesFor(url).includes('=')) {
      const signedIn = this.#last.then(() => {
        this.#idp.subject = person
        return visit(browser, `https://${host}${path}`, this.#idp)
      })
      this.#last = signedIn.catch(() => undefined)
      await signedIn
    }
    return browser.cookiesFor(url)
  }

  browser(stack: RunningStack, person: string): WebClient {
    const browsers = this.#browsers.get(stack) ?? new Map<string, WebClient>()
    this.#browsers.set(stack, browsers)
    const { http } = stack.addresses
    const browser = browsers.get(person) ?? new WebClient(http?.kind === 'tcp' ? http.port : 0)
    browsers.set(person, browser)
    return browser
  }
}
