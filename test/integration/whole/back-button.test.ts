import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { WebAnswer, WebClient } from '../../support/web-client.ts'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'

const routes = `
- {from: https://app.test, to: UPSTREAM, allow_any_authenticated_user: true}
- {from: https://other.test, to: UPSTREAM, allow_any_authenticated_user: true}
`

describe('a browser that goes back', () => {
  let stack: WholeStack
  let browser: WebClient
  /** Every address that a sign-in went through, as a browser's history has them. */
  let history: URL[]
  before(async () => {
    stack = await startWholeStack({ routes })
    browser = stack.newBrowser()
    history = [new URL('https://app.test/page')]
    for (let answer = await open(history[0]); answer.status === 302; answer = await open(history.at(-1))) {
      const { location } = answer
      history.push(location.origin === stack.idp.issuer ? stack.idp.approve(location) : location)
    }
    assert.deepEqual(
      history.map(({ host, pathname }) => host + pathname),
      [
        'app.test/page',
        'auth.test/.pomerium/sign_in',
        'auth.test/oauth2/callback',
        'app.test/.pomerium/callback/',
        'app.test/page',
      ],
    )
  })
  after(() => stack[Symbol.asyncDispose]())

  const open = (url: URL | undefined): Promise<WebAnswer> => browser.get(url ?? '')

  it('to any step of its sign-in ends on a page of the application, without a second sign-in', async () => {
    const asked = stack.idp.count('POST /token')
    for (const step of history) {
      assert.equal((await stack.visit(browser, step.href)).status, 200, step.pathname)
    }
    assert.equal(stack.idp.count('POST /token'), asked)
  })

  it('after signing out gets a page with a way on, or the sign-in, and never a loop', async () => {
    await browser.post('https://auth.test/.pomerium/sign_out', {})
    for (const step of history) {
      const answer = await open(step)
      if (answer.status === 302)
        assert.match(answer.location.pathname, /^\/(?:authorize|\.pomerium\/sign_in)$/, step.href)
      else assert.match(answer.body, /<a [^>]*href="(?:https:\/\/app\.test)?\/[^"]*"/, step.href)
    }
  })

  it('that keeps no cookies is told so after three rounds, not sent round for ever (ERR-05)', async () => {
    const forgetful = stack.newBrowser()
    await stack.visit(forgetful, 'https://other.test/')
    const round = async (): Promise<WebAnswer> => {
      // This host’s cookies are lost; those of the authenticate host are not.
      for (const key of forgetful.jar.keys()) if (key.startsWith('app.test')) forgetful.jar.delete(key)
      return forgetful.get((await forgetful.get('https://app.test/x')).location)
    }
    let answer = await round()
    for (let rounds = 1; rounds < 10 && answer.status !== 400; rounds += 1) answer = await round()
    assert.equal(answer.headers['postern-error'], 'SIGN_IN_LOOP')
    assert.match(answer.body, /accepts cookies/)
  })
})
