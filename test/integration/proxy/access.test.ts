import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
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

before(async () => {
  upstream = await Recorder.start()
  proxy = await startProxyUnderTest({
    routes: [aRoute('app.test', upstream.url, { headersForPolicy: ['x-team', 'cookie'] })],
  })
})
afterEach(() => {
  upstream.reset()
  proxy.checker.decide = aliceOnly
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
    assert.ok(question)
    assert.deepEqual(
      { ...question.facts, clientCertificate: question.facts.clientCertificate },
      {
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
      },
    )
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
        `^set-cookie: _pomerium_csrf_[\\w-]{8}=${binding}; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax\r$`,
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

  it('loses a cookie that was refused, and only then (SES-04)', async () => {
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
    assert.match(text, /href="\/"[^>]*>Start again</)
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

  it('can sign in as somebody else, and comes back to this very address', async () => {
    const { text } = await send('GET /reports?week=3', ...navigation, 'Cookie: _pomerium=bob')
    const back = encodeURIComponent('/reports?week=3')
    assert.ok(text.includes(`action="/.pomerium/sign_out?pomerium_redirect_uri=${back}"`), text)
  })

  it('is not called signed in when nobody is', async () => {
    proxy.checker.decide = () => ({
      kind: 'deny',
      status: 403,
      reasons: ['http-path-unauthorized'],
      explanation: undefined,
      email: undefined,
    })
    const { text } = await send('GET /', ...navigation)
    assert.match(text, /The policy of this application does not allow this request\./)
    assert.doesNotMatch(text, /signed in|somebody else/i)
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

  it('a page offers to try again at the same address, and only a page', async () => {
    proxy.checker.decide = () => Promise.reject(new PosternError('PDP_UNAVAILABLE', 'down'))
    const page = await send('GET /reports?week=3', ...navigation)
    assert.match(page.text, /<a class="button first" href="\/reports\?week=3">Try again<\/a>/)
    const elsewhere = await send('GET //evil.example/', ...navigation)
    assert.doesNotMatch(elsewhere.text, /href="\/\/evil/)
    assert.doesNotMatch((await send('GET /', 'Accept: application/json')).text, /Try again"/)
  })

  it('any other failure is 500, and says nothing about itself', async () => {
    proxy.checker.decide = () => Promise.reject(new TypeError('internal detail'))
    const { status, text } = await send('GET /', `Cookie: ${aliceCookie}`)
    assert.deepEqual([status, upstream.bytes.length], [500, 0])
    assert.doesNotMatch(text, /internal detail|TypeError/)
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
