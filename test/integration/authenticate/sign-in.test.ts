import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'

describe('a person who signs in', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  it('goes to the IdP with state, nonce and PKCE, and comes back to the deep link with a ticket', async () => {
    const browser = service.newBrowser()
    const start = await browser.get(service.signInLink())
    assert.equal(start.status, 302)
    const asked = start.location.searchParams
    assert.equal(start.location.origin, service.idp.issuer)
    assert.equal(asked.get('response_type'), 'code')
    assert.equal(asked.get('redirect_uri'), 'https://auth.test/oauth2/callback')
    assert.equal(asked.get('scope'), 'openid profile email offline_access')
    assert.equal(asked.get('code_challenge_method'), 'S256')
    assert.ok((asked.get('nonce') ?? '').length >= 43, '256 bits')

    const back = await browser.get(service.idp.approve(start.location))
    assert.equal(back.status, 302)
    assert.equal(`${back.location.origin}${back.location.pathname}`, 'https://app.test/.pomerium/callback/')
    const redeemed = await service.redeem(back)
    assert.equal(redeemed.redirectUri, 'https://app.test/deep/link?q=1')
    assert.ok(redeemed.credential.length > 100)
  })

  it('has one event written about it, without a secret or an address', () => {
    const events = service.log.lines.filter((line) => line.message === 'sign-in')
    assert.equal(events.length, 1)
    const { outcome, user, host, 'request-id': requestId } = events[0]?.fields ?? {}
    assert.deepEqual([outcome, user, host], ['ok', 'ada', 'app.test'])
    assert.match(String(requestId), /^[0-9a-f]{32}$/)
    assert.doesNotMatch(JSON.stringify(events[0]), /@example\.com|eyJ/)
  })

  it('gets a cookie that is closed to scripts, other hosts and other sites (SES-07)', async () => {
    const { cookies, headers } = await service.signIn(service.newBrowser())
    const own = cookies.find((one) => one.startsWith('_pomerium_authenticate='))
    assert.match(own ?? '', /^_pomerium_authenticate=[\w.-]+; Path=\/; Max-Age=50400; HttpOnly; Secure; SameSite=Lax$/)
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.ok(cookies.every((one) => Buffer.byteLength(one) < 4_096))
  })

  it('needs no second visit to the IdP for a second route', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    const second = await browser.get(service.signInLink('https://other.test/'))
    assert.equal(second.location.origin, 'https://other.test')
    const redeemed = await service.redeem(second, { host: 'other.test' })
    assert.equal(redeemed.redirectUri, 'https://other.test/')
  })

  it('gets a new session id every time, and the former session ends (SES-01)', async () => {
    const browser = service.newBrowser()
    const first = await service.signIn(browser)
    const cookie = [...browser.jar].find(([key]) => key.endsWith('_authenticate'))
    // The store forgot the cookie's browser: as if another sign-in had been forced.
    const flow = await service.newBrowser().get(service.signInLink())
    assert.ok(cookie && flow.status === 302)
    const other = service.newBrowser()
    const start = await other.get(service.signInLink())
    service.clock.aheadMs += 1_000
    other.jar.set(...cookie)
    const again = await other.get(service.idp.approve(start.location))
    assert.notEqual([...other.jar].find(([key]) => key.endsWith('_authenticate'))?.[1], cookie[1])
    await assert.rejects(service.redeem(first), { code: 'TICKET_INVALID' }, 'the first session is over')
    await service.redeem(again)
  })

  it('who reloads the callback goes on, without a second call to the IdP (CSRF-02, SES-19)', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    const callback = service.idp.approve(location)
    await browser.get(callback)
    const calls = service.idp.count('POST /token')
    const reloaded = await browser.get(callback)
    assert.equal(reloaded.location.href, 'https://app.test/deep/link?q=1')
    assert.equal(service.idp.count('POST /token'), calls)
  })

  it('whose callback arrives several times at the same moment is signed in once (CSRF-02)', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    const callback = service.idp.approve(location)
    const calls = service.idp.count('POST /token')
    const answers = await Promise.all([1, 2, 3].map(() => browser.get(callback)))
    assert.equal(service.idp.count('POST /token') - calls, 1)
    assert.equal(answers.filter((answer) => answer.status === 302).length, 1)
    for (const answer of answers) if (answer.status !== 302) assert.match(answer.body, /Start again/)
  })

  it('ends on its page in every one of ten tabs (SES-19)', async () => {
    const browser = service.newBrowser()
    const addresses = Array.from({ length: 10 }, (_, tab) => `https://app.test/tab/${String(tab)}`)
    const starts = []
    for (const address of addresses) starts.push(await browser.get(service.signInLink(address)))
    for (const [tab, start] of starts.entries()) {
      const back = await browser.get(service.idp.approve(start.location))
      assert.equal((await service.redeem(back)).redirectUri, addresses[tab])
    }
  })

  it('ends in every tab when all of them come back at the same moment', async () => {
    const browser = service.newBrowser()
    const starts = []
    for (let tab = 0; tab < 5; tab += 1) starts.push(await browser.get(service.signInLink()))
    const answers = await Promise.all(starts.map((start) => browser.get(service.idp.approve(start.location))))
    for (const answer of answers) await service.redeem(answer)
  })

  it('leaves at most ten flow cookies behind, whatever is abandoned (SES-20)', async () => {
    const browser = service.newBrowser()
    for (let attempt = 0; attempt < 30; attempt += 1) await browser.get(service.signInLink())
    const flows = [...browser.jar].filter(([key]) => key.includes('_flow_'))
    assert.equal(flows.length, 10)
    assert.ok(JSON.stringify(flows).length < 6_000)
  })

  it('keeps a very long address as far as it can be carried through the IdP', async () => {
    const browser = service.newBrowser()
    const back = await service.signIn(browser, service.signInLink(`https://app.test/report?q=${'x'.repeat(4_000)}`))
    assert.equal((await service.redeem(back)).redirectUri, 'https://app.test/report')
  })
})

describe('a sign-in that does not belong to this browser', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  it('is refused without calling the token endpoint, with a way to start again (CSRF-01, CSRF-04, CSRF-05)', async () => {
    const attacker = await service.newBrowser().get(service.signInLink())
    const calls = service.idp.count('POST /token')
    const victim = service.newBrowser()
    const answer = await victim.get(service.idp.approve(attacker.location))
    assert.equal(answer.status, 400)
    assert.equal(answer.headers['postern-error'], 'FLOW_MISMATCH')
    assert.match(answer.body, /href="https:\/\/app\.test\/deep\/link\?q=1"[^>]*>Start again</)
    assert.equal(service.idp.count('POST /token'), calls)
    assert.ok(![...victim.jar.keys()].some((key) => key.endsWith('_authenticate')))
  })

  const changes: readonly [string, (callback: URL) => void][] = [
    ['no state', (callback) => callback.searchParams.delete('state')],
    ['another state', (callback) => callback.searchParams.set('state', 'x'.repeat(300))],
    ['a state with one character changed', (callback) => callback.searchParams.set('state', flipped(callback))],
    ['two states', (callback) => callback.searchParams.append('state', callback.searchParams.get('state') ?? '')],
    ['two codes', (callback) => callback.searchParams.append('code', 'another')],
  ]
  for (const [title, change] of changes) {
    it(`is refused with ${title}, without calling the token endpoint (CSRF-05)`, async () => {
      const browser = service.newBrowser()
      const { location } = await browser.get(service.signInLink())
      const callback = service.idp.approve(location)
      change(callback)
      const calls = service.idp.count('POST /token')
      const answer = await browser.get(callback)
      assert.equal(answer.status, 400)
      assert.equal(service.idp.count('POST /token'), calls)
    })
  }

  it('is refused when the answer comes from another issuer (RFC 9207)', async () => {
    const browser = service.newBrowser()
    for (const change of ['https://evil.example.com', undefined]) {
      const { location } = await browser.get(service.signInLink())
      const callback = service.idp.approve(location)
      if (change === undefined) callback.searchParams.delete('iss')
      else callback.searchParams.set('iss', change)
      const calls = service.idp.count('POST /token')
      assert.equal((await browser.get(callback)).status, 403)
      assert.equal(service.idp.count('POST /token'), calls)
    }
  })

  it('is refused when its code came from another sign-in, for the verifier is another one (CSRF-13)', async () => {
    const victim = await service.newBrowser().get(service.signInLink())
    const code = service.idp.approve(victim.location).searchParams.get('code') ?? ''
    const attacker = service.newBrowser()
    const own = await attacker.get(service.signInLink())
    const callback = service.idp.approve(own.location)
    callback.searchParams.set('code', code)
    const answer = await attacker.get(callback)
    assert.equal(service.idp.tokenRequests.at(-1)?.get('code'), code)
    assert.equal(answer.headers['postern-error'], 'IDP_REJECTED_CODE', 'by the IdP, not only by our nonce')
    assert.ok(![...attacker.jar.keys()].some((key) => key.endsWith('_authenticate')))
  })

  it('is refused by POST from another site (CSRF-11)', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    const callback = service.idp.approve(location)
    const answer = await browser.post('https://auth.test/oauth2/callback', Object.fromEntries(callback.searchParams), {
      headers: { 'sec-fetch-site': 'cross-site', origin: service.idp.issuer },
    })
    assert.equal(answer.status, 405)
    assert.equal(answer.headers['allow'], 'HEAD, GET')
  })

  it('is refused after ten minutes', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    service.clock.aheadMs += 601_000
    const answer = await browser.get(service.idp.approve(location))
    assert.equal(answer.headers['postern-error'], 'FLOW_EXPIRED')
    assert.match(answer.body, /Start again/)
  })

  it('is refused when a neighbouring host planted a second cookie of that name (SES-05)', async () => {
    const browser = service.newBrowser()
    const { location } = await browser.get(service.signInLink())
    const [key = ''] = [...browser.jar.keys()].filter((one) => one.includes('_flow_'))
    browser.jar.set(key.replace('/oauth2/callback', '/'), 'planted')
    assert.equal((await browser.get(service.idp.approve(location))).headers['postern-error'], 'FLOW_MISMATCH')
  })
})

describe('the link to sign in', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())

  const refused: readonly [string, (link: URL) => void][] = [
    ['a changed target', (link) => link.searchParams.set(queryParameters.redirectUri, 'https://other.test/')],
    ['another binding', (link) => link.searchParams.set(queryParameters.binding, 'x')],
    ['an added parameter', (link) => link.searchParams.append('extra', '1')],
    ['a doubled parameter', (link) => link.searchParams.append(queryParameters.redirectUri, 'https://other.test/')],
    ['a later expiry', (link) => link.searchParams.set('pomerium_expiry', '9999999999')],
    ['no signature', (link) => link.searchParams.delete('pomerium_signature')],
  ]
  for (const [title, change] of refused) {
    it(`is refused with ${title} (RED-17)`, async () => {
      const link = service.signInLink()
      change(link)
      const answer = await service.newBrowser().get(link)
      assert.equal(answer.status, 400)
      assert.equal(answer.headers['postern-error'], 'SIGN_IN_LINK_INVALID')
      assert.deepEqual(answer.cookies, [])
    })
  }

  it('leads nowhere but to hosts of routes, even when it is signed', async () => {
    for (const target of ['https://evil.com/', 'https://app.test.evil.com/', 'javascript:alert(1)', '//evil.com', '']) {
      const answer = await service.newBrowser().get(service.signInLink(target))
      assert.equal(answer.headers['postern-error'], 'RETURN_TO_REFUSED', target)
    }
  })

  it('gives a page with a way on when it is old: a bookmark, a restored tab', async () => {
    const link = service.signInLink('https://app.test/page', { lifetimeMs: -120_000 })
    const answer = await service.newBrowser().get(link)
    assert.equal(answer.status, 400)
    assert.match(answer.body, /href="https:\/\/app\.test\/page"[^>]*>Start again</)
  })

  it('gives a script 401, not the page of the IdP', async () => {
    const headers = { 'sec-fetch-mode': 'cors', accept: 'application/json' }
    const answer = await service.newBrowser().get(service.signInLink(), { headers })
    assert.equal(answer.status, 401)
    assert.match(String(answer.headers['content-type']), /^application\/json/)
  })

  it('stops a browser that goes round in circles, on the fourth time, with an explanation', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    for (let hop = 1; hop <= 3; hop += 1) assert.equal((await browser.get(service.signInLink())).status, 302)
    const stopped = await browser.get(service.signInLink())
    assert.equal(stopped.headers['postern-error'], 'SIGN_IN_LOOP')
    assert.match(stopped.body, /Start again/)
    assert.equal((await browser.get(service.signInLink())).status, 302, 'and then counts afresh')
  })

  it('stops one whose application keeps no cookie at all, and so has another binding each time', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    const round = (binding: number) =>
      browser.get(service.signInLink(undefined, { binding: `binding ${String(binding)}` }))
    for (let hop = 1; hop <= 3; hop += 1) assert.equal((await round(hop)).status, 302)
    assert.equal((await round(4)).headers['postern-error'], 'SIGN_IN_LOOP')
  })

  it('counts afresh for whom the application’s host has stopped, and given another binding', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    for (const binding of ['first', 'second', 'third']) {
      for (let hop = 1; hop <= 3; hop += 1) {
        assert.equal(
          (await browser.get(service.signInLink(undefined, { binding }))).status,
          302,
          `${binding} ${String(hop)}`,
        )
      }
    }
  })

  it('does not take many different applications for a circle', async () => {
    const browser = service.newBrowser()
    await service.signIn(browser)
    for (let page = 0; page < 10; page += 1) {
      assert.equal((await browser.get(service.signInLink(`https://app.test/${String(page)}`))).status, 302)
    }
  })
})

describe('a ticket', () => {
  let service: AuthenticateUnderTest
  before(async () => (service = await AuthenticateUnderTest.start()))
  after(() => service[Symbol.asyncDispose]())
  const refusal = { code: 'TICKET_INVALID' }

  it('is good once (CSRF-08)', async () => {
    const answer = await service.signIn(service.newBrowser())
    await service.redeem(answer)
    await assert.rejects(service.redeem(answer), refusal)
  })

  it('is good in the browser that began, and in no other (CSRF-07)', async () => {
    const answer = await service.signIn(service.newBrowser())
    for (const signInBinding of ['', 'another']) {
      await assert.rejects(service.redeem(answer, { signInBinding }), refusal)
    }
    await service.redeem(answer)
  })

  it('is good at its own host', async () => {
    const answer = await service.signIn(service.newBrowser())
    await assert.rejects(service.redeem(answer, { host: 'other.test' }), refusal)
  })

  it('is good for thirty seconds', async () => {
    const answer = await service.signIn(service.newBrowser())
    service.clock.aheadMs += 31_000
    await assert.rejects(service.redeem(answer), refusal)
  })

  it('is no good without its session', async () => {
    const answer = await service.signIn(service.newBrowser())
    await service.store.endByUser(service.idp.issuer, 'ada')
    await assert.rejects(service.redeem(answer), refusal)
  })

  it('is no good when anything in it was changed', async () => {
    const answer = await service.signIn(service.newBrowser())
    const ticket = answer.location.searchParams.get(queryParameters.ticket) ?? ''
    for (const changed of ['', ticket.slice(1), `${ticket}A`, ticket.slice(0, -4), `B${ticket.slice(1)}`]) {
      answer.location.searchParams.set(queryParameters.ticket, changed)
      await assert.rejects(service.redeem(answer), refusal)
    }
  })
})

function flipped(callback: URL): string {
  const state = callback.searchParams.get('state') ?? ''
  const middle = Math.floor(state.length / 2)
  return `${state.slice(0, middle)}${state[middle] === 'A' ? 'B' : 'A'}${state.slice(middle + 1)}`
}
