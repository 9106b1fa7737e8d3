import { hashBinding } from '@postern/shared/session/sign-in-binding.ts'
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { TicketRedeemed, TicketPresented } from '../../../services/proxy/src/authenticate-client.ts'
import { binding } from '../../support/fake-checker.ts'
import { sendRaw, type RawAnswer } from '../../support/raw-client.ts'
import { Recorder } from '../../support/recorder.ts'
import {
  aliceCookie,
  aliceOnly,
  aRoute,
  startProxyUnderTest,
  type ProxyUnderTest,
} from '../../support/proxy-under-test.ts'

let upstream: Recorder
let proxy: ProxyUnderTest
const presented: TicketPresented[] = []
let redeem: (ticket: TicketPresented) => Promise<TicketRedeemed>

before(async () => {
  upstream = await Recorder.start()
  proxy = await startProxyUnderTest({
    routes: [aRoute('app.test', upstream.url)],
    tickets: {
      redeem: (ticket) => {
        presented.push(ticket)
        return redeem(ticket)
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
  })
})
afterEach(() => {
  upstream.reset()
  presented.length = 0
  proxy.checker.decide = aliceOnly
  proxy.checker.session = undefined
})
after(async () => {
  await proxy[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

function send(line: string, ...lines: string[]): Promise<RawAnswer> {
  return sendRaw(proxy.port, [`${line} HTTP/1.1`, 'Host: app.test', ...lines, '', ''].join('\r\n'))
}

describe('/.pomerium/callback', () => {
  const redeemed = {
    credential: 'fresh.session.credential',
    expiresAtMs: Date.now() + 7_200_000,
    redirectUri: 'https://app.test/deep?x=1',
  }
  const callback = 'GET /.pomerium/callback/?pomerium_ticket=t1'

  it('turns a ticket into this host’s cookie and goes on', async () => {
    redeem = () => Promise.resolve(redeemed)
    const { status, text } = await send(callback, `Cookie: _pomerium_csrf=${binding}`)
    assert.deepEqual(presented, [{ ticket: 't1', host: 'app.test', signInBinding: binding }])
    assert.equal(status, 302)
    assert.match(text, /^location: https:\/\/app\.test\/deep\?x=1\r$/im)
    assert.match(
      text,
      /^set-cookie: _pomerium=fresh\.session\.credential; Path=\/; Max-Age=7\d{3}; HttpOnly; Secure; SameSite=Lax\r$/im,
    )
    assert.match(text, /^set-cookie: _pomerium_returns=1; /im)
    assert.match(text, /^cache-control: no-store\r$/im)
    assert.match(text, /^referrer-policy: no-referrer\r$/im)
  })

  it('takes the binding that the ticket was made for, where tabs that began together left several (SES-19)', async () => {
    redeem = () => Promise.resolve(redeemed)
    const other = 'o'.repeat(43)
    const cookies = `Cookie: _pomerium_csrf_1=${other}; _pomerium_csrf_2=${binding}`
    await send(`${callback}&pomerium_binding=${hashBinding(binding)}`, cookies)
    assert.equal(presented.at(-1)?.signInBinding, binding)
  })

  it('works without the slash', async () => {
    redeem = () => Promise.resolve(redeemed)
    assert.equal((await send('GET /.pomerium/callback?pomerium_ticket=t1')).status, 302)
  })

  for (const redirectUri of [
    'https://evil.com/',
    'http://app.test/',
    'https://app.test.evil.com/',
    'https://app.test@evil.com/',
    'javascript:alert(1)',
    '//evil.com',
    'nonsense',
  ]) {
    it(`never leads to ${redirectUri}`, async () => {
      redeem = () => Promise.resolve({ ...redeemed, redirectUri })
      const { status, text } = await send(callback)
      assert.equal(status, 400)
      assert.doesNotMatch(text, /^location|^set-cookie/im)
    })
  }

  it('never leads back to itself', async () => {
    redeem = () =>
      Promise.resolve({ ...redeemed, redirectUri: 'https://app.test/.pomerium/callback/?pomerium_ticket=t1' })
    assert.match((await send(callback)).text, /^location: \/\r$/im)
  })

  for (const line of ['GET /.pomerium/callback/', 'GET /.pomerium/callback/?pomerium_ticket=a&pomerium_ticket=b']) {
    it(`${line} is refused without asking`, async () => {
      const { status, text } = await send(line, 'Accept: text/html')
      assert.deepEqual([status, presented.length], [400, 0])
      assert.match(text, /TICKET_INVALID/)
    })
  }

  it('a used ticket is refused, except that somebody who is signed in is sent home (SES-19)', async () => {
    redeem = () => Promise.reject(new PosternError('TICKET_INVALID', 'used'))
    assert.equal((await send(callback)).status, 400)
    assert.equal((await send(callback, `Cookie: ${aliceCookie}`)).status, 400)
    proxy.checker.session = {
      userId: 'alice',
      email: undefined,
      name: undefined,
      claims: {},
      issuedAtMs: 0,
      expiresAtMs: 1,
    }
    assert.match((await send(callback, `Cookie: ${aliceCookie}`)).text, /^location: \/\r$/im)
  })
})

describe('/.pomerium/sign_out', () => {
  it('clears the cookie and goes to the signed address', async () => {
    const { status, text } = await send('POST /.pomerium/sign_out', `Cookie: ${aliceCookie}`, 'Content-Length: 0')
    assert.equal(status, 303)
    assert.match(text, /^location: https:\/\/auth\.test\/\.pomerium\/sign_out\?signed\r$/im)
    assert.match(text, /^set-cookie: _pomerium=; Path=\/; Max-Age=0;/im)
  })

  it('takes along where the person comes from, on this host only', async () => {
    const origin = 'https://app.test'
    const from = async (address: string): Promise<string | undefined> => {
      const query = new URLSearchParams({ pomerium_redirect_uri: address }).toString()
      await send(`POST /.pomerium/sign_out?${query}`, `Cookie: ${aliceCookie}`, 'Content-Length: 0')
      return proxy.checker.signOutReturns.at(-1)
    }
    assert.equal(await from('/reports?week=3'), `${origin}/reports?week=3`)
    for (const elsewhere of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'http://[']) {
      assert.equal(await from(elsewhere), `${origin}/`)
    }
    await send('POST /.pomerium/sign_out', `Cookie: ${aliceCookie}`, 'Content-Length: 0')
    assert.equal(proxy.checker.signOutReturns.at(-1), `${origin}/`)
  })

  it('asks first when another site caused it', async () => {
    const { status, text } = await send(
      'GET /.pomerium/sign_out',
      `Cookie: ${aliceCookie}`,
      'Sec-Fetch-Site: cross-site',
    )
    assert.equal(status, 302)
    assert.match(text, /^location: https:\/\/auth\.test\/\.pomerium\/sign_out\r$/im)
    assert.doesNotMatch(text, /^set-cookie/im)
  })
})

describe('the other paths of ours', () => {
  const session = {
    userId: 'alice-id',
    email: 'alice@example.com',
    name: 'Alice <i>',
    claims: { email: ['alice@example.com'], groups: ['a', 'b'], iss: ['x'], exp: [1] },
    issuedAtMs: 1_000,
    expiresAtMs: 2_000,
  }

  it('/.pomerium leads to the user page, which shows who is signed in, escaped', async () => {
    assert.match((await send('GET /.pomerium')).text, /^location: \/\.pomerium\/\r$/im)
    proxy.checker.session = session
    const { status, text } = await send('GET /.pomerium/', `Cookie: ${aliceCookie}`)
    assert.equal(status, 200)
    assert.match(text, /Alice &lt;i&gt;/)
    assert.match(text, /<dt>Signed in until<\/dt>\s*<dd>1970-01-01 00:00:02 UTC<\/dd>/)
    assert.match(text, /<a class="button first" href="\/">Go to the application<\/a>/)
    assert.match(text, /^content-security-policy: /im)
  })

  it('the user page works for nobody too', async () => {
    assert.equal((await send('GET /.pomerium/')).status, 200)
  })

  it('/.pomerium/user gives the claims, without what is about the token', async () => {
    proxy.checker.session = session
    const { text } = await send('GET /.pomerium/user', `Cookie: ${aliceCookie}`)
    assert.deepEqual(JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)), {
      sub: 'alice-id',
      email: 'alice@example.com',
      groups: ['a', 'b'],
    })
    assert.equal((await send('GET /.pomerium/user')).status, 401)
  })

  it('/.well-known/pomerium names the others', async () => {
    const { text } = await send('GET /.well-known/pomerium')
    assert.match(text, /^access-control-allow-origin: \*\r$/im)
    assert.match(text, /"jwks_uri":"https:\/\/app\.test\/\.well-known\/pomerium\/jwks\.json"/)
  })

  it('the key set has an ETag and answers 304 and preflights', async () => {
    const first = await send('GET /.well-known/pomerium/jwks.json')
    assert.match(first.text, /^cache-control: max-age=60\r$/im)
    assert.ok(first.text.endsWith('{"keys":[]}'))
    const etag = /^etag: (.*)\r$/im.exec(first.text)?.[1] ?? ''
    assert.equal((await send('GET /.well-known/pomerium/jwks.json', `If-None-Match: ${etag}`)).status, 304)
    assert.equal((await send('OPTIONS /.well-known/pomerium/jwks.json', 'Origin: https://evil.com')).status, 204)
  })

  it('robots.txt keeps crawlers away, without a session', async () => {
    assert.match((await send('GET /robots.txt')).text, /Disallow: \/\n$/)
  })

  it('other methods are refused with what is allowed', async () => {
    const { status, text } = await send('DELETE /.pomerium/')
    assert.equal(status, 405)
    assert.match(text, /^allow: GET, HEAD\r$/im)
  })

  it('a foreign origin gets no permission to read them (CORS-01)', async () => {
    assert.doesNotMatch((await send('GET /.pomerium/user', 'Origin: https://evil.com')).text, /^access-control/im)
  })
})
