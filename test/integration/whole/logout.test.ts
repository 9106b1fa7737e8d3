import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { aSession } from '@postern/shared/session/a-session-contract.ts'
import { eventually } from '../../support/eventually.ts'
import type { WebClient } from '../../support/web-client.ts'
import { startWholeStack, type WholeStack } from '../../support/whole-stack.ts'

const routes = `
- {from: https://app.test, to: UPSTREAM, allow_any_authenticated_user: true, allow_websockets: true}
- {from: https://other.test, to: UPSTREAM, allow_any_authenticated_user: true}
`

describe('an IdP that signs somebody out, over Redis,', () => {
  let stack: WholeStack
  before(async () => (stack = await startWholeStack({ routes, store: 'redis' })))
  after(() => stack[Symbol.asyncDispose]())

  async function signedIn(subject: string, sid: string): Promise<WebClient> {
    Object.assign(stack.idp, { subject, sid })
    const browser = stack.newBrowser()
    for (const host of ['app.test', 'other.test']) {
      assert.equal((await stack.visit(browser, `https://${host}/`)).status, 200)
    }
    return browser
  }

  const statuses = async (browser: WebClient): Promise<readonly number[]> =>
    Promise.all(['https://app.test/', 'https://other.test/'].map(async (url) => (await browser.get(url)).status))

  /** Over the proxy, as it is reached from outside. */
  async function backChannel(claims: Record<string, unknown>): Promise<void> {
    const form = { logout_token: stack.idp.logoutToken({ claims }) }
    const url = 'https://auth.test/.pomerium/backchannel_logout'
    const answer = await stack.newBrowser().send(url, { method: 'POST', form, headers: { accept: '*/*' } })
    assert.equal(answer.status, 200)
  }

  for (const [by, claims] of [
    ['sid', (name: string) => ({ sid: `sid-${name}` })],
    ['sub', (name: string) => ({ sub: name })],
  ] as const) {
    it(`by ${by}: every route refuses the cookie within 100 ms, and the WebSocket closes`, async () => {
      const [ada, grace] = [await signedIn(`ada-${by}`, `sid-ada-${by}`), await signedIn(`grace-${by}`, `sid-g-${by}`)]
      const [socket, kept] = [
        await stack.openWebSocket(ada, 'https://app.test/ws'),
        await stack.openWebSocket(grace, 'https://app.test/ws'),
      ]
      socket.send('hello')
      await once(socket, 'message')
      assert.deepEqual(await statuses(ada), [200, 200])
      const closed = once(socket, 'close', { signal: AbortSignal.timeout(5_000) }).then(() => performance.now())
      await backChannel(claims(`ada-${by}`))
      const answered = performance.now()
      await eventually('every route refuses the cookie', 100, async () =>
        (await statuses(ada)).every((status) => status === 302),
      )
      const closedAfterMs = (await closed) - answered
      assert.ok(closedAfterMs < 100, `the WebSocket closed after ${String(closedAfterMs)} ms`)
      assert.deepEqual(await statuses(grace), [200, 200], 'nobody else is signed out')
      assert.equal(kept.readyState, kept.OPEN)
      kept.terminate()
    })
  }

  it('in a frame of a route host: its own authenticate host ends the session', async () => {
    const ada = await signedIn('ada', 'sid-frame')
    const query = new URLSearchParams({ iss: stack.idp.issuer, sid: 'sid-frame' }).toString()
    const frame = stack.newBrowser()
    const headers = { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' }
    const { location, cookies } = await frame.get(`https://app.test/.pomerium/sign_out?${query}&more=1`, { headers })
    assert.equal(location.href, `https://auth.test/.pomerium/sign_out?${query}`)
    assert.deepEqual(cookies, [])
    assert.equal((await frame.get(location, { headers })).status, 200)
    assert.deepEqual(await statuses(ada), [302, 302])
  })

  it('by sub with a thousand sessions: answers within two seconds (BCL-08)', async () => {
    for (let at = 0; at < 1_000; at += 1) {
      const identity = { userId: 'busy', email: undefined, name: undefined, claims: {} }
      const made = await stack.sessions.create(aSession(Date.now(), { identity, issuer: stack.idp.issuer }))
      assert.equal(made.kind, 'done')
    }
    const begun = performance.now()
    await backChannel({ sub: 'busy' })
    assert.ok(performance.now() - begun < 2_000)
    assert.deepEqual(await stack.sessions.endByUser(stack.idp.issuer, 'busy'), { kind: 'done', count: 0 })
  })
})
