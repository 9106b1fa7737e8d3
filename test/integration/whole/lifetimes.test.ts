import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { eventually } from '../../support/eventually.ts'
import { startWholeStack } from '../../support/whole-stack.ts'

const minute = 60_000
const routes = `
- {from: https://app.test, to: UPSTREAM, allow_any_authenticated_user: true, allow_websockets: true}
- {from: https://team.test, to: UPSTREAM, policy: {allow: {and: [{claim/groups: engineering}]}}}
`

describe('a session', () => {
  it('ends at its absolute lifetime, however much it is used and refreshed (SES-16)', async () => {
    await using stack = await startWholeStack({ routes, settings: 'cookie_expire: 2h' })
    stack.idp.expiresInSeconds = 600
    const browser = stack.newBrowser()
    await stack.visit(browser, 'https://app.test/')
    const socket = await stack.openWebSocket(browser, 'https://app.test/ws')
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(10_000) })
    for (let at = 15; at <= 105; at += 15) {
      stack.clock.aheadMs += 15 * minute
      assert.equal((await browser.get('https://app.test/')).status, 200, `after ${String(at)} minutes`)
    }
    stack.clock.aheadMs += 15 * minute - 10_000
    assert.equal((await browser.get('https://app.test/')).status, 200, 'ten seconds before its end')
    assert.ok(stack.idp.count('POST /token') > 5, 'the IdP would go on')
    stack.clock.aheadMs += 11_000
    assert.equal((await browser.get('https://app.test/')).status, 302)
    await closed
  })

  it('ends when nobody used it for its idle time, and not while somebody does (SES-17)', async () => {
    await using stack = await startWholeStack({ routes, settings: 'session_idle_timeout: 30m' })
    const browser = stack.newBrowser()
    await stack.visit(browser, 'https://app.test/')
    for (let at = 20; at <= 60; at += 20) {
      stack.clock.aheadMs += 20 * minute
      assert.equal((await browser.get('https://app.test/')).status, 200, `after ${String(at)} minutes`)
      await reported(stack)
    }
    stack.clock.aheadMs += 31 * minute
    assert.equal((await browser.get('https://app.test/')).status, 302)
    assert.equal((await browser.get('https://auth.test/.pomerium/')).body.includes('Nobody is signed in'), true)
  })

  it('lets nobody in by a group that the IdP took away, from the next refresh on', async () => {
    await using stack = await startWholeStack({ routes })
    const browser = stack.newBrowser()
    assert.equal((await stack.visit(browser, 'https://team.test/')).status, 200)
    stack.idp.groups = ['visitors']
    assert.equal((await browser.get('https://team.test/')).status, 200, 'the IdP has not been asked yet')
    stack.clock.aheadMs += 61 * minute
    assert.equal((await browser.get('https://team.test/')).status, 403)
    stack.idp.groups = ['engineering']
    stack.clock.aheadMs += 61 * minute
    assert.equal((await browser.get('https://team.test/')).status, 200)
  })

  type Stack = Awaited<ReturnType<typeof startWholeStack>>

  /** Authorize reports uses once a second; the store then keeps the session. */
  async function reported(stack: Stack): Promise<void> {
    const touched = stack.touches
    await eventually('the use is reported', 5_000, () => stack.touches > touched)
  }
})
