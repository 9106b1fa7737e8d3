import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attackBench } from '../support/attack-bench.ts'
import { eventually } from '../support/eventually.ts'
import { aliceCookie } from '../support/proxy-under-test.ts'
import { flags, frame, frameTypes, headerBlock, RawHttp2 } from '../support/raw-http2.ts'

const bench = attackBench({ limits: { maxHeaderCount: 150, maxHeaderBytes: 16 * 1024, maxUrlBytes: 8 * 1024 } })

const pseudo = [':method', 'GET', ':scheme', 'https', ':path', '/'] as const
const authority = [':authority', 'app.test'] as const
const cookie = ['cookie', aliceCookie] as const
const alice = (...more: string[]): Buffer => headerBlock(...pseudo, ...authority, ...cookie, ...more)

/** What became of one request with exactly these headers. */
async function ask(block: Buffer, data?: Buffer): Promise<string> {
  using client = new RawHttp2(bench.proxy.port)
  client.request(1, block, data === undefined ? flags.endStream | flags.endHeaders : flags.endHeaders)
  if (data !== undefined) client.send(frame(frameTypes.data, flags.endStream, 1, data))
  return await client.outcome(1)
}

describe('the authority of an HTTP/2 request (HOST-11)', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['is enough', authority, '200'],
    ['may be said twice the same', [...authority, 'host', 'App.test'], '200'],
    ['and another host are refused', [...authority, 'host', 'admin.test'], '400'],
    ['and two hosts are refused', [...authority, 'host', 'app.test', 'host', 'admin.test'], 'reset 1'],
    ['may be a host alone', ['host', 'app.test'], '200'],
    ['must not be two', [...authority, ':authority', 'admin.test'], 'reset 1'],
    ['must not be missing', [], 'reset 1'],
    ['must not be empty', [':authority', ''], 'reset 1'],
    ['must be a host alone', [':authority', 'app.test@admin.test'], 'reset 1'],
    ['must be a host', [':authority', 'app..test'], '400'],
    ['must have no path', [':authority', 'app.test/x'], 'reset 1'],
  ]
  for (const [title, host, expected] of cases) {
    it(title, async () => {
      assert.equal(await ask(headerBlock(...pseudo, ...host, ...cookie)), expected)
      assert.equal(bench.upstream.requests.length, expected === '200' ? 1 : 0)
    })
  }
})

describe('what HTTP/2 calls malformed never reaches an upstream (SMG-17)', () => {
  const one = Buffer.from('x')
  const cases: readonly (readonly [string, Buffer, Buffer | undefined, string])[] = [
    ['transfer-encoding', alice('transfer-encoding', 'chunked'), one, 'reset 1'],
    ['connection', alice('connection', 'close, cookie'), undefined, 'reset 1'],
    ['upgrade', alice('upgrade', 'websocket'), undefined, 'reset 1'],
    ['te other than trailers', alice('te', 'gzip'), undefined, 'reset 1'],
    ['an upper-case name', alice('X-Mine', '1'), undefined, 'reset 1'],
    [
      'a pseudo-header behind another',
      headerBlock('x-mine', '1', ...pseudo, ...authority, ...cookie),
      undefined,
      'reset 1',
    ],
    ['an unknown pseudo-header', headerBlock(...pseudo, ...authority, ':mine', '1', ...cookie), undefined, 'reset 1'],
    [
      'a response pseudo-header',
      headerBlock(...pseudo, ...authority, ':status', '200', ...cookie),
      undefined,
      'reset 1',
    ],
    ['two methods', headerBlock(...pseudo, ':method', 'POST', ...authority, ...cookie), undefined, 'reset 1'],
    ['no scheme', headerBlock(':method', 'GET', ':path', '/', ...authority, ...cookie), undefined, 'reset 1'],
    [
      'an empty path',
      headerBlock(':method', 'GET', ':scheme', 'https', ':path', '', ...authority, ...cookie),
      undefined,
      'reset 1',
    ],
    ['a path without a slash', pathBlock('admin'), undefined, 'reset 1'],
    ['a path with a space', pathBlock('/a b'), undefined, 'reset 1'],
    ['a path with a line in it', pathBlock('/a HTTP/1.1\r\nx: y'), undefined, 'reset 1'],
    ['a path with an escaped slash', pathBlock('/public%2fsecret'), undefined, '400'],
    ['a path with a fragment', pathBlock('/a#/../b'), undefined, '400'],
    ['an asterisk', pathBlock('*'), undefined, 'reset 1'],
    ['a longer body than declared', alice('content-length', '1'), Buffer.from('GET /admin'), 'go away 2'],
    ['a shorter body than declared', alice('content-length', '10'), one, 'reset 1'],
    ['a declared body that does not come', alice('content-length', '10'), undefined, 'reset 1'],
    ['two lengths', alice('content-length', '1', 'content-length', '2'), one, 'reset 1'],
    ['a length that is none', alice('content-length', '+1'), one, 'reset 1'],
    ['a name with an underscore', alice('x_mine', '1'), undefined, '400'],
    ['CONNECT', headerBlock(':method', 'CONNECT', ':authority', 'app.test:443', ...cookie), undefined, '405'],
    ['extended CONNECT, which is not offered', extendedConnect(), undefined, 'reset 1'],
    ['TRACE', headerBlock(':method', 'TRACE', ':scheme', 'https', ':path', '/', ...authority), undefined, '405'],
  ]
  for (const [title, block, data, expected] of cases) {
    it(title, async () => {
      assert.equal(await ask(block, data), expected)
      assert.deepEqual(bench.upstream.requests, [])
      await bench.assertAlive()
    })
  }

  for (const [title, value] of [
    ['a line end', 'a\r\nx-pomerium-claim-email: root@example.com'],
    ['a line feed', 'a\nGET /admin HTTP/1.1'],
    ['a NUL', 'a\0b'],
  ] as const) {
    it(`a value with ${title} reaches nobody`, async () => {
      // nghttp2 leaves such a field out: what is left is a request without it.
      assert.equal(await ask(alice('x-mine', value)), '200')
      assert.deepEqual(bench.onlyRequest().values('x-mine'), [])
      assert.equal(bench.upstream.bytes.includes('root@example.com'), false)
      assert.equal(bench.upstream.bytes.includes('GET /admin'), false)
    })
  }
})

function pathBlock(path: string): Buffer {
  return headerBlock(':method', 'GET', ':scheme', 'https', ':path', path, ...authority, ...cookie)
}

function extendedConnect(): Buffer {
  return headerBlock(':method', 'CONNECT', ':protocol', 'websocket', ':scheme', 'https', ':path', '/', ...authority)
}

describe('headers of HTTP/2 requests', () => {
  it('that only the proxy may set are taken away (HDR-01)', async () => {
    assert.equal(
      await ask(alice('x-pomerium-claim-email', 'root@example.com', 'x-serverless-authorization', 'x')),
      '200',
    )
    const seen = bench.onlyRequest()
    assert.deepEqual(seen.values('x-pomerium-claim-email'), ['alice@example.com'])
    assert.equal(seen.values('x-serverless-authorization').length, 1)
  })

  it('may be cookies one by one, which are one header upstream (RFC 9113 §8.2.3)', async () => {
    const crumbs = Array.from({ length: 200 }, (_, at) => ['cookie', `c${String(at)}=1`]).flat()
    assert.equal(await ask(headerBlock(...pseudo, ...authority, 'cookie', 'a=1', ...cookie, ...crumbs)), '200')
    const [value, ...more] = bench.onlyRequest().values('cookie')
    assert.deepEqual(more, [])
    assert.match(value ?? '', /^a=1; c0=1; c1=1; .*; c199=1$/)
  })

  it('are 431 above their number or size, and cut off far above (DOS-04, DOS-07)', async () => {
    const many = (count: number): string[] => Array.from({ length: count }, (_, at) => [`x-${String(at)}`, '1']).flat()
    assert.equal(await ask(alice(...many(151))), '431')
    assert.equal(await ask(alice('x-large', 'x'.repeat(16_400))), '431')
    assert.equal(
      await ask(headerBlock(':method', 'GET', ':scheme', 'https', ':path', `/${'x'.repeat(9000)}`, ...authority)),
      '414',
    )
    assert.match(await ask(alice(...many(900))), /^reset 11$/)
    assert.deepEqual(bench.upstream.requests, [])
    await bench.assertAlive()
  })
})

describe('one connection cannot take everything (DOS-08, DOS-10)', () => {
  it('streams beyond the limit end it', async () => {
    bench.upstream.reply = () => undefined
    using client = new RawHttp2(bench.proxy.port)
    await client.until(() => client.of(frameTypes.settings, 0) !== undefined)
    for (let at = 0; at < 100; at += 1) client.request(at * 2 + 1, alice())
    await eventually('as many as are allowed are asked for', 3000, () => bench.upstream.requests.length === 100)
    const before = bench.upstream.closed
    client.request(201, alice())
    assert.equal(await client.outcome(201), 'go away 1')
    assert.equal(bench.upstream.requests.length, 100)
    await eventually('and given up', 3000, () => bench.upstream.closed >= before + 100)
  })

  it('requests that are taken back at once end the connection (CVE-2023-44487)', async () => {
    using client = new RawHttp2(bench.proxy.port)
    const cancel = Buffer.from([0, 0, 0, 8])
    for (let at = 0; at < 1000 && !client.ended; at += 1) {
      client.request(at * 2 + 1, alice())
      client.send(frame(frameTypes.reset, flags.none, at * 2 + 1, cancel))
    }
    await client.until(() => client.ended)
    assert.ok(client.frames.some(({ type }) => type === frameTypes.goAway))
    assert.ok(bench.upstream.requests.length < 1000)
    await bench.assertAlive()
  })

  const floods: readonly (readonly [string, () => Buffer])[] = [
    ['PING', () => frame(frameTypes.ping, flags.none, 0, Buffer.alloc(8))],
    ['SETTINGS', () => frame(frameTypes.settings, flags.none, 0)],
    ['empty DATA', () => frame(frameTypes.data, flags.none, 1)],
    ['CONTINUATION (CVE-2024-27983)', () => frame(frameTypes.continuation, flags.none, 3, headerBlock('a', 'b'))],
    [
      'WINDOW_UPDATE beyond all bounds',
      () => frame(frameTypes.windowUpdate, flags.none, 0, Buffer.from('7fffffff', 'hex')),
    ],
    ['frames of streams that were never opened', () => frame(frameTypes.data, flags.none, 99, Buffer.from('x'))],
  ]
  for (const [title, one] of floods) {
    it(`a flood of ${title} frames ends the connection`, async () => {
      bench.upstream.reply = () => undefined
      using client = new RawHttp2(bench.proxy.port)
      client.request(1, alice(), flags.endHeaders)
      if (title.startsWith('CONTINUATION')) client.request(3, alice(), flags.endStream)
      const flood = Buffer.concat(Array.from({ length: 500 }, one))
      for (let sent = 0; sent < 20_000 && !client.ended; sent += 500) {
        client.send(flood)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await client.until(() => client.ended)
      await bench.assertAlive()
    })
  }

  it('PRIORITY frames mean nothing', async () => {
    using client = new RawHttp2(bench.proxy.port)
    const priority = frame(frameTypes.priority, flags.none, 1, Buffer.from([0, 0, 0, 0, 16]))
    client.send(Buffer.concat(Array.from({ length: 10_000 }, () => priority)))
    client.request(1, alice())
    assert.equal(await client.outcome(1), '200')
  })

  it('frames after GOAWAY, and garbage after the preface, hurt nobody (DOS-09)', async () => {
    using leaving = new RawHttp2(bench.proxy.port)
    leaving.request(1, alice())
    leaving.send(frame(frameTypes.goAway, flags.none, 0, Buffer.alloc(8)))
    for (let at = 0; at < 100; at += 1) {
      leaving.send(
        frame(frameTypes.windowUpdate, flags.none, 0, Buffer.from([0, 0, 0, 1])),
        frame(frameTypes.settings, 0, 0),
      )
    }
    assert.equal(await leaving.outcome(1), '200')
    using garbage = new RawHttp2(bench.proxy.port)
    garbage.send(Buffer.alloc(5000, 0xff))
    await garbage.until(() => garbage.ended)
    await bench.assertAlive()
  })
})
