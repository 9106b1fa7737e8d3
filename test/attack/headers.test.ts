import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attackBench, get, idToken, request } from '../support/attack-bench.ts'

const bench = attackBench({ reservedRequestHeaders: ['x-email'] })

const forged = [
  'X-Pomerium-Claim-Email: root@example.com',
  'X-Pomerium-Jwt-Assertion: x',
  'X-Serverless-Authorization: Bearer evil',
  'X-Forwarded-Email: root@example.com',
  'X-Forwarded-User: root',
  'X-Forwarded-Groups: admins',
  'X-Auth-Request-Email: root@example.com',
  'X-Goog-Authenticated-User-Email: root@example.com',
  'Cf-Access-Authenticated-User-Email: root@example.com',
  'X-Email: root@example.com',
]
const forgedNames = forged.map((line) => line.slice(0, line.indexOf(':')))

function assertNothingForged(): void {
  const seen = bench.onlyRequest()
  for (const name of forgedNames) {
    const values = seen.values(name)
    assert.ok(values.length <= 1, `${name} came ${values.length} times`)
    assert.ok(!values.some((value) => /root|admins|evil|^x$/.test(value)), `${name}: ${values.join()}`)
  }
}

describe('identity headers of a client (HDR-01, HDR-02)', () => {
  it('are replaced by ours where we have a value', async () => {
    await bench.send(get('/', forged))
    assertNothingForged()
    assert.deepEqual(bench.onlyRequest().values('x-pomerium-claim-email'), ['alice@example.com'])
    assert.deepEqual(bench.onlyRequest().values('x-serverless-authorization'), [`Bearer ${idToken}`])
  })

  it('are absent where we have none', async () => {
    await bench.send(get('/', ['X-Pomerium-Claim-Groups: admins']))
    assert.deepEqual(bench.onlyRequest().values('x-pomerium-claim-groups'), [])
  })
})

describe('other spellings of reserved names (HDR-04)', () => {
  for (const symbol of ['.', '!', '#', '$', '%', '&', "'", '*', '+', '^', '`', '|', '~']) {
    it(`with ${symbol} never arrive`, async () => {
      const names = ['x-pomerium-claim-email', 'x-serverless-authorization'].map((name) => name.replaceAll('-', symbol))
      await bench.send(
        get(
          '/',
          names.map((name) => `${name}: root`),
        ),
      )
      for (const name of names) assert.deepEqual(bench.onlyRequest().values(name), [])
    })
  }

  it('with an underscore end the request (design §8)', async () => {
    const answer = await bench.send(get('/', ['X_Pomerium_Claim_Email: root']))
    assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [400, true, 0])
  })
})

describe('nobody signed in is nobody, on every kind of request (HDR-05)', () => {
  for (const [title, line, host] of [
    ['a public route', 'GET / HTTP/1.1', 'pub.test'],
    ['a public path', 'GET /public/x HTTP/1.1', 'api.test'],
    ['OPTIONS', 'OPTIONS / HTTP/1.1', 'pub.test'],
    ['HEAD', 'HEAD / HTTP/1.1', 'pub.test'],
  ] as const) {
    it(title, async () => {
      bench.upstream.reply = (_request, socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n')
      await bench.send(request(line, [`Host: ${host}`, ...forged]))
      const seen = bench.onlyRequest()
      for (const name of forgedNames) assert.deepEqual(seen.values(name), [], name)
    })
  }
})

describe('Connection cannot remove what we add (HDR-07, HDR-08)', () => {
  const nominations = [
    ['Connection: close, X-Serverless-Authorization, X-Pomerium-Jwt-Assertion, Host, Cookie'],
    ['connection: x-serverless-authorization', 'CONNECTION: x-pomerium-jwt-assertion, host'],
    ['Connection: keep-alive,\tX-SERVERLESS-authorization,x-forwarded-for,x-forwarded-proto'],
  ]
  for (const lines of nominations) {
    it(lines.join(' | '), async () => {
      await bench.send(get('/', lines))
      const seen = bench.onlyRequest()
      assert.deepEqual(seen.values('x-serverless-authorization'), [`Bearer ${idToken}`])
      assert.deepEqual(seen.values('x-pomerium-jwt-assertion'), ['assertion-of-alice'])
      assert.equal(seen.values('host').length, 1)
      assert.deepEqual(seen.values('x-forwarded-for'), ['127.0.0.1'])
    })
  }

  it('removes the client headers that it names, and nothing hop-by-hop gets through (L12)', async () => {
    const lines = ['Connection: X-Private, keep-alive', 'X-Private: 1', 'Keep-Alive: timeout=5', 'TE: trailers']
    const more = ['Proxy-Authorization: Basic x', 'Proxy-Connection: keep-alive', 'Upgrade: h2c', 'HTTP2-Settings: AA']
    await bench.send(get('/', [...lines, ...more, 'Trailer: X-T', 'X-Kept: 1']))
    const seen = bench.onlyRequest()
    const gone = ['x-private', 'keep-alive', 'te', 'proxy-authorization', 'proxy-connection', 'upgrade', 'trailer']
    for (const name of [...gone, 'http2-settings']) assert.deepEqual(seen.values(name), [], name)
    assert.deepEqual(seen.values('connection'), ['keep-alive'])
    assert.deepEqual(seen.values('x-kept'), ['1'])
  })
})

describe('Expect: 100-continue (HDR-10, L2)', () => {
  it('changes nothing about the headers, and the body arrives', async () => {
    const head = get('/', [...forged, 'Expect: 100-continue', 'Content-Length: 4'], 'PUT')
    const answer = await bench.send(`${head}body`)
    assertNothingForged()
    assert.equal(bench.onlyRequest().body.toString(), 'body')
    assert.deepEqual(bench.onlyRequest().values('expect'), [])
    assert.deepEqual(answer.statuses, [200])
    assert.match(answer.text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/)
  })

  it('is answered with 417 when it expects anything else', async () => {
    const answer = await bench.send(get('/', ['Expect: the-unexpected', 'Content-Length: 0'], 'PUT'))
    assert.deepEqual([answer.status, bench.upstream.bytes.length], [417, 0])
  })

  it('is not answered with 100 before the request is allowed', async () => {
    const lines = ['Host: app.test', 'Cookie: _pomerium=bob', 'Expect: 100-continue', 'Content-Length: 4']
    const answer = await bench.send(request('PUT / HTTP/1.1', lines))
    assert.equal(answer.text.startsWith('HTTP/1.1 403'), true)
  })
})

describe('where a request came from (HDR-11, HDR-13, HDR-14)', () => {
  it('is the peer, whatever the client says', async () => {
    const lies = ['X-Forwarded-For: 10.0.0.1', 'X-Real-IP: 10.0.0.1', 'Forwarded: for=10.0.0.1;host=admin.test']
    const more = ['X-Forwarded-Proto: javascript', 'X-Forwarded-Host: admin.test', 'X-Forwarded-Prefix: /evil']
    await bench.send(get('/', [...lies, ...more]))
    const seen = bench.onlyRequest()
    assert.deepEqual(seen.values('x-forwarded-for'), ['127.0.0.1'])
    assert.deepEqual(seen.values('x-forwarded-proto'), ['https'])
    assert.deepEqual(seen.values('x-forwarded-host'), ['app.test'])
    for (const name of ['x-real-ip', 'forwarded', 'x-forwarded-prefix']) assert.deepEqual(seen.values(name), [])
    assert.equal(bench.proxy.checker.questions.at(-1)?.facts.clientAddress, '127.0.0.1')
  })
})

describe('our cookies and credentials (HDR-20)', () => {
  const cookieCases = [
    ['a=1; _pomerium=alice; b=2', 'a=1; b=2'],
    ['_pomerium=alice; _pomerium=alice; z="q;r', 'z="q; r'],
    ['_pomerium="alice"; a=1', 'a=1'],
    ['a=1;_pomerium =alice', 'a=1'],
    ['_pomerium=alice; _pomerium_csrf=x; _pomerium_returns=1; not_pomerium=1', 'not_pomerium=1'],
    ['_pomerium=alice', undefined],
  ] as const
  for (const [sent, expected] of cookieCases) {
    it(`${sent} becomes ${expected ?? 'nothing'}`, async () => {
      await bench.send(request('GET / HTTP/1.1', ['Host: app.test', `Cookie: ${sent}`]))
      assert.deepEqual(bench.onlyRequest().values('cookie'), expected === undefined ? [] : [expected])
    })
  }

  for (const line of [
    'Authorization: Pomerium alice',
    'Authorization: Bearer Pomerium-alice',
    'X-Pomerium-Authorization: alice',
  ]) {
    it(`${line} stays here`, async () => {
      await bench.send(request('GET / HTTP/1.1', ['Host: app.test', line]))
      assert.equal(
        bench
          .onlyRequest()
          .headers.some(([, value]) => value.includes('alice') && !value.includes('of-alice') && !value.includes('@')),
        false,
      )
    })
  }

  it('the query parameter too', async () => {
    await bench.send(request('GET /x?a=1&pomerium_session=alice&b=2 HTTP/1.1', ['Host: app.test']))
    assert.equal(bench.onlyRequest().target, '/x?a=1&b=2')
  })

  it('two different session cookies: neither is believed (SES-05)', async () => {
    const lines = ['Host: app.test', 'Cookie: _pomerium=evil; _pomerium=alice', 'Accept: text/html']
    const answer = await bench.send(request('GET / HTTP/1.1', lines))
    assert.deepEqual([answer.status, bench.upstream.bytes.length], [302, 0])
    assert.match(answer.text, /set-cookie: _pomerium=; Path=\/; Max-Age=0/i)
  })

  it('a program’s own Authorization is left alone', async () => {
    await bench.send(get('/', ['Authorization: Bearer app-token']))
    assert.deepEqual(bench.onlyRequest().values('authorization'), ['Bearer app-token'])
  })
})

describe('what an upstream may not say (HDR-22)', () => {
  it('internal headers, our cookies and our marks are removed from its answer', async () => {
    const lines = [
      'X-Pomerium-Jwt-Assertion: a',
      'x-pomerium-intercepted-response: true',
      'Postern-Error: ACCESS_DENIED',
      'X-Serverless-Authorization: Bearer b',
      'Alt-Svc: h3=":443"',
      'Set-Cookie: _pomerium=planted; Path=/',
      'Set-Cookie: app=1',
      'X-Twice: 1',
      'x-twice: 2',
    ]
    bench.upstream.reply = (_request, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`)
    }
    const { text } = await bench.send(get('/'))
    assert.doesNotMatch(text, /assertion|intercepted|postern-error|serverless|alt-svc|planted/i)
    assert.match(text, /Set-Cookie: app=1/)
    assert.match(text, /X-Twice: 1\r\nx-twice: 2/)
  })
})

describe('when the upstream is down (HDR-19)', () => {
  it('the page is our own and repeats nothing of the request', async () => {
    bench.upstream.reply = (_request, socket) => socket.destroy()
    const answer = await bench.send(get('/', ['Authorization: Bearer secret-of-alice', 'Accept: text/html'], 'DELETE'))
    assert.equal(answer.status, 502)
    assert.match(answer.text, /postern-error: UPSTREAM_RESET/)
    assert.doesNotMatch(answer.text, /secret-of-alice|_pomerium=alice/)
  })
})

describe('early answers (HDR-16, REL-L7)', () => {
  it('reach a client that is still sending, and nothing crashes', async () => {
    bench.upstream.reply = () => undefined
    const body = Buffer.alloc(10 * 1024 * 1024, 'x')
    const head = Buffer.from(get('/', [`Content-Length: ${body.length}`], 'PUT'))
    const sending = bench.send(Buffer.concat([head, body]))
    await bench.upstream.until(() => bench.upstream.bytes.length > 0)
    bench.upstream.answerAll('HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nlate')
    const answer = await sending
    assert.equal(answer.status, 401)
    assert.match(answer.text, /late$/)
    bench.upstream.reset()
    await bench.assertAlive()
  })
})
