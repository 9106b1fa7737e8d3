import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { IdTokenSource } from '../../../services/proxy/src/google-identity/id-token-source.ts'
import { sendRaw, type RawAnswer } from '../../support/raw-client.ts'
import { Recorder, type Reply } from '../../support/recorder.ts'
import { aliceCookie, aRoute, startProxyUnderTest, type ProxyUnderTest } from '../../support/proxy-under-test.ts'

let upstream: Recorder
let proxy: ProxyUnderTest
let tokens: string[] = []
const asked: string[] = []
const invalidated: string[] = []

const source: IdTokenSource = {
  idToken: (audience) => {
    asked.push(audience)
    const token = tokens.length > 1 ? tokens.shift() : tokens[0]
    return token === undefined
      ? Promise.reject(new PosternError('TOKEN_MINT_FAILED', 'metadata server answered 503'))
      : Promise.resolve(token)
  },
  invalidate: (_audience, token) => void invalidated.push(token),
  warm: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

const audience = 'https://hello.a.run.app'

before(async () => {
  upstream = await Recorder.start()
  const serverless = (header: 'x-serverless-authorization' | 'authorization' | 'both') => ({
    serverless: { audience, header },
    allowWebsockets: true,
  })
  proxy = await startProxyUnderTest({
    idTokens: source,
    routes: [
      aRoute('hello.test', upstream.url, serverless('x-serverless-authorization')),
      aRoute('plain.test', upstream.url),
      aRoute('authorization.test', upstream.url, serverless('authorization')),
      aRoute('both.test', upstream.url, serverless('both')),
    ],
  })
})
afterEach(() => {
  upstream.reset()
  tokens = ['t1']
  asked.length = 0
  invalidated.length = 0
})
after(async () => {
  await proxy[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

function send(line: string, host: string, lines: readonly string[] = [], body = ''): Promise<RawAnswer> {
  const head = [`${line} HTTP/1.1`, `Host: ${host}`, `Cookie: ${aliceCookie}`, ...lines]
  return sendRaw(proxy.port, `${head.join('\r\n')}\r\n\r\n${body}`)
}

describe('the Google token', () => {
  it('travels in the header that the route wants', async () => {
    tokens = ['t1']
    for (const host of ['hello.test', 'authorization.test', 'both.test', 'plain.test']) {
      await send('GET /', host, ['Authorization: Bearer app'])
    }
    assert.deepEqual(
      upstream.requests.map((seen) => [seen.values('x-serverless-authorization'), seen.values('authorization')]),
      [
        [['Bearer t1'], ['Bearer app']],
        [[], ['Bearer t1']],
        [['Bearer t1'], ['Bearer t1']],
        [[], ['Bearer app']],
      ],
    )
  })

  it('is not asked for when the request is refused', async () => {
    await sendRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: hello.test\r\nCookie: _pomerium=bob\r\n\r\n')
    await sendRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: hello.test\r\n\r\n')
    assert.deepEqual(asked, [])
  })

  it('that cannot be had ends the request: nothing is forwarded without it', async () => {
    tokens = []
    const answer = await send('GET /', 'hello.test')
    assert.deepEqual([answer.status, upstream.bytes.length], [502, 0])
    assert.match(answer.text, /TOKEN_MINT_FAILED/)
    assert.doesNotMatch(answer.text, /metadata server/)
  })

  it('a client’s own is removed on every route', async () => {
    await send('GET /', 'plain.test', ['X-Serverless-Authorization: Bearer evil'])
    assert.deepEqual(upstream.requests[0]?.values('x-serverless-authorization'), [])
  })

  it('goes with an upgrade too', async () => {
    await send('GET /', 'hello.test', ['Connection: upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'])
    assert.deepEqual(upstream.requests[0]?.values('x-serverless-authorization'), ['Bearer t1'])
  })
})

const invalidToken: Reply = (_request, socket) => {
  const page = '<html><title>401 Unauthorized</title></html>'
  const challenge = 'Bearer error="invalid_token" error_description="The access token could not be verified"'
  socket.write(
    `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${challenge}\r\nServer: Google Frontend\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
  )
}

const notInvoker: Reply = (_request, socket) => {
  const page =
    '<html><title>403 Forbidden</title><h2>Your client does not have permission to get URL <code>/</code> from this server.</h2></html>'
  socket.write(
    `HTTP/1.1 403 Forbidden\r\nServer: Google Frontend\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
  )
}

describe('when Google’s front end refuses (HDR-22)', () => {
  it('the token is renewed once, and the request repeated', async () => {
    tokens = ['old', 'new']
    upstream.reply = (request, socket) => {
      if (request.values('x-serverless-authorization')[0] === 'Bearer old') invalidToken(request, socket)
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    }
    assert.equal((await send('GET /', 'hello.test')).status, 200)
    assert.deepEqual(invalidated, ['old'])
  })

  it('twice, it is 502 and not a sign-in', async () => {
    upstream.reply = invalidToken
    const answer = await send('GET /', 'hello.test')
    assert.deepEqual([answer.status, upstream.requests.length], [502, 2])
    assert.match(answer.text, /UPSTREAM_REFUSED_TOKEN/)
    assert.doesNotMatch(answer.text, /invalid_token|Google Frontend/)
  })

  it('a request with a body is not repeated, but the token is dropped', async () => {
    upstream.reply = invalidToken
    const answer = await send('POST /', 'hello.test', ['Content-Length: 2'], 'hi')
    assert.deepEqual([answer.status, upstream.requests.length, invalidated.length], [502, 1, 1])
  })

  it('for want of the invoker role, the log names the role', async () => {
    upstream.reply = notInvoker
    proxy.log.lines.length = 0
    const answer = await send('GET /', 'hello.test')
    assert.deepEqual([answer.status, upstream.requests.length], [502, 1])
    const failure = proxy.log.lines.find(({ message }) => message === 'request failed')
    assert.match(String(failure?.fields['error']), /roles\/run\.servicesInvoker/)
    assert.match(String(failure?.fields['error']), /https:\/\/hello\.a\.run\.app/)
    assert.equal(failure?.fields['route'], 'hello.test')
    assert.match(String(failure.fields['to']), /^https?:\/\//)
  })

  it('of an upgrade, it is 502 too', async () => {
    for (const reply of [invalidToken, notInvoker]) {
      upstream.reply = reply
      const answer = await send('GET /', 'hello.test', ['Connection: upgrade', 'Upgrade: websocket'])
      assert.equal(answer.status, 502)
    }
  })
})

describe('the application’s own 401 and 403', () => {
  const own: Record<string, string> = {
    'a 401 with its own challenge':
      'HTTP/1.1 401 Unauthorized\r\nServer: Google Frontend\r\nWWW-Authenticate: Bearer realm="app"\r\nContent-Length: 2\r\n\r\nno',
    'a 403 in JSON':
      'HTTP/1.1 403 Forbidden\r\nServer: Google Frontend\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    'a 403 page':
      'HTTP/1.1 403 Forbidden\r\nServer: Google Frontend\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>no</p>',
    'a long 403 page': `HTTP/1.1 403 Forbidden\r\nServer: Google Frontend\r\nContent-Type: text/html\r\nContent-Length: 20000\r\n\r\n${'x'.repeat(20000)}`,
    'a 401 that looks like Google’s, from elsewhere':
      'HTTP/1.1 401 Unauthorized\r\nServer: nginx\r\nWWW-Authenticate: Bearer error="invalid_token"\r\nContent-Length: 2\r\n\r\nno',
  }
  for (const [title, bytes] of Object.entries(own)) {
    it(`${title} passes through`, async () => {
      upstream.reply = (_request, socket) => socket.write(bytes)
      const answer = await send('GET /', 'hello.test')
      assert.equal(answer.status, Number(bytes.slice(9, 12)))
      assert.ok(answer.text.endsWith(bytes.slice(bytes.indexOf('\r\n\r\n') + 4)))
      assert.deepEqual([upstream.requests.length, invalidated.length], [1, 0])
    })
  }
})
