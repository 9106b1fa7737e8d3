import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attackBench, get, request } from '../support/attack-bench.ts'

const bench = attackBench()

/** One path for everybody: what the policy was asked about is what the upstream got. */
function assertOnePath(expected: string): void {
  assert.equal(bench.proxy.checker.questions.at(-1)?.facts.path, expected)
  assert.equal(bench.onlyRequest().target, expected)
}

function stranger(target: string, method = 'GET', lines: readonly string[] = []): string {
  return request(`${method} ${target} HTTP/1.1`, ['Host: api.test', 'Accept: text/html', ...lines])
}

describe('dot segments and slashes are resolved once, before anybody looks (PATH-01, PATH-02, L10, L11)', () => {
  const toSecret = ['/public/../secret', '/public/%2e%2e/secret', '/public/.%2e/secret', '/public/%2E./secret']
  for (const target of [...toSecret, '//secret', '/./secret', '/public/..//secret', '/%73ecret', '/%73%65%63ret']) {
    it(`${target} is /secret: a stranger signs in, Alice arrives there`, async () => {
      const answer = await bench.send(stranger(target))
      assert.deepEqual([answer.status, bench.upstream.bytes.length], [302, 0])
      await bench.send(get(target))
      assertOnePath('/secret')
    })
  }

  const kept = [
    ['/a/b/./c/../d', '/a/b/d'],
    ['/a//b///c/', '/a/b/c/'],
    ['/secret/.', '/secret/'],
    ['/../..', '/'],
    ['/%7euser/%41', '/~user/A'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%20b', '/a%20b'],
    ['/a%25b', '/a%25b'],
    ['/secret;', '/secret;'],
    ['/a|b^c', '/a|b^c'],
  ] as const
  for (const [target, expected] of kept) {
    it(`${target} is ${expected}`, async () => {
      await bench.send(get(target))
      assertOnePath(expected)
    })
  }
})

describe('what can be read in two ways is read by nobody (PATH-04 to PATH-19)', () => {
  const ambiguous = [
    '/public/..;/secret',
    '/public;x=1/../secret',
    '/public/..;a=b/secret',
    '/public/..%3b/secret',
    '/public\\..\\secret',
    '/public/..\\secret',
    '/public/%5c..%5csecret',
    '/a%2fb',
    '/a%2Fb',
    '/%c0%ae%c0%ae/secret',
    '/%',
    '/%zz',
    '/%u002e',
    '/a%e9',
    '/secret%00.png',
    '/public/%00/../secret',
    '/a%0d%0ab',
    '/public#/../secret',
    '/public?x#y',
    'http://admin.test/',
    'http://a:b/',
    'http://[',
    'https:/x',
    'foo',
    '*',
    '',
  ]
  for (const target of ambiguous) {
    it(JSON.stringify(target), async () => {
      const answer = await bench.send(get(target))
      assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [400, true, 0])
    })
  }

  for (const target of ['/a b', '/a\tb', '/caf\xe9', '/\x01']) {
    it(`${JSON.stringify(target)} as raw bytes (PATH-19)`, async () => {
      const answer = await bench.send(Buffer.from(get(target), 'latin1'))
      assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [400, true, 0])
    })
  }

  it('absolute form is taken when its authority is the Host (PATH-16)', async () => {
    await bench.send(get('http://APP.test:80/x?y=1'))
    assert.equal(bench.onlyRequest().target, '/x?y=1')
  })
})

describe('methods (PATH-17, PATH-23)', () => {
  it('CONNECT and TRACE are refused', async () => {
    for (const bytes of [request('CONNECT x:443 HTTP/1.1', ['Host: x:443']), get('/', [], 'TRACE')]) {
      const answer = await bench.send(bytes)
      assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [405, true, 0])
    }
  })

  it('OPTIONS * is refused', async () => {
    const answer = await bench.send(get('*', [], 'OPTIONS'))
    assert.deepEqual([answer.status, bench.upstream.bytes.length], [400, 0])
  })

  it('are case-sensitive', async () => {
    const answer = await bench.send(get('/', [], 'get'))
    assert.deepEqual([answer.status, bench.upstream.bytes.length], [400, 0])
  })

  it('the policy sees the real one, whatever an override header says', async () => {
    await bench.send(get('/', ['X-HTTP-Method-Override: GET', 'Content-Length: 0'], 'POST'))
    assert.equal(bench.proxy.checker.questions.at(-1)?.facts.method, 'POST')
  })
})

describe('the query never takes part in matching (PATH-20, PATH-22)', () => {
  for (const target of ['/secret?x=/public', '/secret?/public', '/secret?/../public']) {
    it(target, async () => {
      const answer = await bench.send(stranger(target))
      assert.deepEqual([answer.status, bench.upstream.bytes.length], [302, 0])
    })
  }

  it('nor do headers that name another path', async () => {
    const lines = ['X-Forwarded-Uri: /public', 'X-Original-URL: /public', 'X-Rewrite-Url: /public']
    const answer = await bench.send(stranger('/secret', 'GET', lines))
    assert.deepEqual([answer.status, bench.upstream.bytes.length], [302, 0])
    await bench.send(get('/', lines))
    for (const name of ['x-forwarded-uri', 'x-original-url', 'x-rewrite-url']) {
      assert.deepEqual(bench.onlyRequest().values(name), [])
    }
  })
})

describe('a rewritten prefix cannot be left (PATH-28)', () => {
  const send = (target: string) =>
    bench.send(request(`GET ${target} HTTP/1.1`, ['Host: rewrite.test', 'Cookie: _pomerium=alice']))

  it('an honest path stays under it', async () => {
    await send('/v1/users')
    assert.equal(bench.onlyRequest().target, '/internal/v1/users')
  })

  for (const target of ['/v1/../../admin', '/v1%2f..%2fadmin', '/v1/..;/admin']) {
    it(`${target} does not`, async () => {
      const answer = await send(target)
      assert.ok(answer.status === 400 || answer.status === 404)
      assert.equal(bench.upstream.bytes.length, 0)
    })
  }
})

describe('probes are answered at exactly their address (HC-01, HC-02)', () => {
  it('GET /ping, on any host', async () => {
    const answer = await bench.send(request('GET /ping HTTP/1.1', ['Host: 10.1.2.3:8080']))
    assert.deepEqual([answer.status, answer.text.endsWith('OK')], [200, true])
  })

  for (const target of ['/ping/', '/ping/../secret', '/ping?x', '/PING', '//ping', '/secret']) {
    it(`${target} is an ordinary path, whoever asks`, async () => {
      const answer = await bench.send(stranger(target, 'GET', ['User-Agent: GoogleHC/1.0']))
      assert.equal(answer.status, 302)
    })
  }

  it('POST /ping is refused', async () => {
    assert.equal((await bench.send(stranger('/ping', 'POST', ['Content-Length: 0']))).status, 405)
  })
})

describe('our own paths cannot be used to pass (pomerium-facts §4.1)', () => {
  for (const target of ['/.pomerium/../secret', '/.pomerium/%2e%2e/secret', '/public/../.pomerium/../secret']) {
    it(`${target} needs a session like /secret`, async () => {
      const answer = await bench.send(stranger(target))
      assert.deepEqual([answer.status, bench.upstream.bytes.length], [302, 0])
    })
  }

  for (const target of [
    '/.pomerium/unknown',
    '/.pomerium/__proto__',
    '/.well-known/pomerium/other',
    '/.pomerium/sign_in',
  ]) {
    it(`${target} is no page, and never the application's`, async () => {
      const answer = await bench.send(get(target))
      assert.deepEqual([answer.status, bench.upstream.bytes.length], [404, 0])
    })
  }
})
