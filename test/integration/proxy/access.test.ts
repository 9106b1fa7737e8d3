import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { TicketRedeemed, TicketPresented } from '../../../services/proxy/src/authenticate-client.ts'
import { allow, binding } from '../../support/fake-checker.ts'
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
    routes: [aRoute('app.test', upstream.url, { headersForPolicy: ['x-team', 'cookie'] })],
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

const navigation = ['Accept: text/html', 'Sec-Fetch-Mode: navigate']

describe('the question to authorize', () => {
  it('holds the canonical request, the credential, and only the headers that the policy reads', async () => {
    const cookies = `Cookie: a=1; ${aliceCookie}; _pomerium_csrf=${binding}`
    await send('GET /a/../b?c=d', cookies, 'X-Team: red', 'X-Team: blue', 'X-Other: 1')
    const question = proxy.checker.questions.at(-1)
    assert.deepEqual(question?.facts, {
      method: 'GET',
      host: 'app.test',
      path: '/b',
      query: 'c=d',
      headers: new Map([
        ['x-team', ['red', 'blue']],
        ['cookie', ['a=1']],
      ]),
      clientAddress: '127.0.0.1',
      clientCertificate: undefined,
    })
    assert.deepEqual(question.credential, { carrier: 'cookie', value: 'alice' })
    assert.equal(question.signInBinding, binding)
    assert.equal(question.routeId, 'app.test')
  })

  for (const [line, carrier] of [
    ['X-Pomerium-Authorization: alice', 'header'],
    ['Authorization: Pomerium alice', 'header'],
    ['Authorization: Bearer Pomerium-alice', 'bearer'],
  ] as const) {
    it(`takes ${line} for a credential in the ${carrier}`, async () => {
      await send('GET /', line)
      assert.deepEqual(proxy.checker.questions.at(-1)?.credential, { carrier, value: 'alice' })
    })
  }

  it('takes the first carrier that is present, even a bad one', async () => {
    await send('GET /', 'Cookie: _pomerium=stale', 'X-Pomerium-Authorization: alice')
    assert.deepEqual(proxy.checker.questions.at(-1)?.credential, { carrier: 'cookie', value: 'stale' })
  })
})

describe('somebody who is not signed in', () => {
  it('is sent to authenticate when navigating, with a binding cookie and nothing to cache', async () => {
    const { status, text } = await send('GET /deep?x=1', ...navigation)
    assert.equal(status, 302)
    assert.match(text, /^location: https:\/\/auth\.test\/\.pomerium\/sign_in\?pomerium_signature=s\r$/im)
    assert.match(
      text,
      new RegExp(
        `^set-cookie: _pomerium_csrf=${binding}; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax\r$`,
        'im',
      ),
    )
    assert.match(text, /^cache-control: no-store\r$/im)
    assert.match(text, /^x-pomerium-intercepted-response: true\r$/im)
    assert.doesNotMatch(text, /^set-cookie: _pomerium=/im)
    assert.equal(upstream.bytes.length, 0)
  })

  for (const [title, line, lines] of [
    ['a script', 'GET /', ['Accept: */*', 'Sec-Fetch-Mode: cors']],
    ['a program', 'GET /', ['Accept: application/json']],
    ['a form', 'POST /', ['Accept: text/html', 'Content-Length: 0']],
    ['a program with a refused credential', 'GET /', ['Accept: text/html', 'Authorization: Pomerium stale']],
  ] as const) {
    it(`gets 401 and the address to sign in at: ${title}`, async () => {
      const { status, text } = await send(line, ...lines)
      assert.equal(status, 401)
      assert.match(text, /^www-authenticate: Bearer realm="app\.test"\r$/im)
      assert.match(text, /https:\/\/auth\.test\/\.pomerium\/sign_in/)
    })
  }

  it('loses a cookie that was refused, and only then', async () => {
    assert.match(
      (await send('GET /', ...navigation, 'Cookie: _pomerium=old')).text,
      /^set-cookie: _pomerium=; Path=\/; Max-Age=0;/im,
    )
  })

  it('is stopped after coming back three times within a minute (RED-22)', async () => {
    const { status, text } = await send('GET /', ...navigation, 'Cookie: _pomerium_returns=3')
    assert.equal(status, 400)
    assert.match(text, /postern-error: SIGN_IN_LOOP/)
    assert.match(text, /^set-cookie: _pomerium_returns=; Path=\/; Max-Age=0/im)
    assert.equal((await send('GET /', ...navigation, 'Cookie: _pomerium_returns=2')).status, 302)
  })
})

describe('somebody whom the policy refuses', () => {
  it('sees a page that says who they are; the upstream hears nothing', async () => {
    const { status, text } = await send('GET /', ...navigation, 'Cookie: _pomerium=bob')
    assert.deepEqual([status, upstream.bytes.length], [403, 0])
    assert.match(text, /bob@example\.com/)
    assert.match(text, /^content-type: text\/html/im)
    assert.doesNotMatch(text, /^location|^set-cookie/im)
  })

  it('gets JSON when asking for it', async () => {
    assert.match((await send('GET /', 'Accept: application/json', 'Cookie: _pomerium=bob')).text, /"request_id"/)
  })
})

describe('when nobody can decide (REL-C1, SES-10)', () => {
  for (const code of ['PDP_UNAVAILABLE', 'PDP_DEADLINE', 'SESSION_STORE_UNAVAILABLE'] as const) {
    it(`${code} is 503 with Retry-After, the cookie stays, and nothing passes`, async () => {
      proxy.checker.decide = () => Promise.reject(new PosternError(code, 'down'))
      const { status, text } = await send('GET /', ...navigation, `Cookie: ${aliceCookie}`)
      assert.deepEqual([status, upstream.bytes.length], [503, 0])
      assert.match(text, /^retry-after: \d+\r$/im)
      assert.doesNotMatch(text, /^set-cookie|^location|down/im)
    })
  }

  it('any other failure is 500, and says nothing about itself', async () => {
    proxy.checker.decide = () => Promise.reject(new TypeError('internal detail'))
    const { status, text } = await send('GET /', `Cookie: ${aliceCookie}`)
    assert.deepEqual([status, upstream.bytes.length], [500, 0])
    assert.doesNotMatch(text, /internal detail|TypeError/)
  })
})

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

describe('the access record', () => {
  it('is one line with who, what and how, without query or credential', async () => {
    proxy.log.lines.length = 0
    proxy.checker.decide = () => allow({ session: { handle: 'h', userId: 'alice', expiresAtMs: Date.now() + 9e6 } })
    await send(
      'GET /a?code=secret',
      `Cookie: ${aliceCookie}`,
      'User-Agent: test/1',
      'Referer: https://x.test/y?token=t',
    )
    const [line, ...more] = proxy.log.lines
    assert.equal(more.length, 0)
    assert.equal(line?.message, 'http-request')
    const { duration, ...fields } = line.fields
    assert.equal(typeof duration, 'number')
    assert.equal(fields['path'], '/a')
    assert.equal(fields['response-code'], 200)
    assert.equal(fields['size'], 2)
    assert.equal(fields['user'], 'alice')
    assert.equal(fields['response-code-details'], 'via-upstream')
    assert.equal(fields['referer'], 'https://x.test/y')
    assert.deepEqual(Object.keys(fields['httpRequest'] as object).slice(0, 3), [
      'requestMethod',
      'requestUrl',
      'status',
    ])
    assert.doesNotMatch(JSON.stringify(line), /secret|token|_pomerium/)
  })

  it('names the problem', async () => {
    proxy.log.lines.length = 0
    await send('GET /', 'Cookie: _pomerium=bob')
    assert.equal(proxy.log.lines[0]?.fields['response-code-details'], 'ACCESS_DENIED')
    assert.equal(proxy.log.lines[0].fields['decision'], 'deny')
  })
})
