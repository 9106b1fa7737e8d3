import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attackBench, get, request } from '../support/attack-bench.ts'
import { RawClient, sendRaw } from '../support/raw-client.ts'

const bench = attackBench()
const hidden = 'GET /admin HTTP/1.1\r\nHost: app.test\r\n\r\n'
const hiddenChunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`

/** Refused and the connection ended; nothing went upstream. */
async function assertRefused(bytes: string | Buffer): Promise<void> {
  const answer = await bench.send(bytes)
  assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [400, true, 0])
}

describe('a body is framed anew or not sent (SMG-01, L1)', () => {
  for (const method of ['DELETE', 'OPTIONS', 'GET', 'POST', 'PATCH']) {
    it(`${method} with a chunked body that looks like a request`, async () => {
      const bytes = get('/', ['Transfer-Encoding: chunked'], method) + hiddenChunk + get('/probe')
      const answer = await bench.send(bytes, 2)
      assert.deepEqual(answer.statuses, [200, 200])
      assert.deepEqual(
        bench.upstream.requests.map(({ target }) => target),
        ['/', '/probe'],
      )
      assert.equal(bench.upstream.requests[0]?.body.toString(), hidden)
    })

    it(`${method} with a length and a body that looks like a request`, async () => {
      const bytes = get('/', [`Content-Length: ${hidden.length}`], method) + hidden + get('/probe')
      await bench.send(bytes, 2)
      assert.deepEqual(
        bench.upstream.requests.map(({ target, body }) => [target, body.toString()]),
        [
          ['/', hidden],
          ['/probe', ''],
        ],
      )
    })
  }
})

describe('framing that two parsers read differently (SMG-02 to SMG-07, L16)', () => {
  const framings: Record<string, readonly string[]> = {
    'length and chunked': ['Content-Length: 4', 'Transfer-Encoding: chunked'],
    'chunked and length': ['Transfer-Encoding: chunked', 'Content-Length: 4'],
    'two equal lengths': ['Content-Length: 4', 'Content-Length: 4'],
    'two different lengths': ['Content-Length: 4', 'Content-Length: 5'],
    'a signed length': ['Content-Length: +4'],
    'a negative length': ['Content-Length: -1'],
    'a hexadecimal length': ['Content-Length: 0x4'],
    'a list of lengths': ['Content-Length: 4, 4'],
    'a length of 2 to the 64th': ['Content-Length: 18446744073709551616'],
    'an empty length': ['Content-Length:'],
    'gzip, chunked': ['Transfer-Encoding: gzip, chunked'],
    'x, chunked': ['Transfer-Encoding: x, chunked'],
    ',chunked': ['Transfer-Encoding: ,chunked'],
    identity: ['Transfer-Encoding: identity'],
    '"chunked"': ['Transfer-Encoding: "chunked"'],
    'chunked;q=1': ['Transfer-Encoding: chunked;q=1'],
    'chunked twice': ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    gzip: ['Transfer-Encoding: gzip'],
    'an empty coding': ['Transfer-Encoding:'],
    'a folded line': ['X-A: 1', ' folded: 2'],
    'a header without a colon': ['no-colon'],
    'an empty name': [': x'],
    'a space before the colon': ['Transfer-Encoding : chunked'],
    'a NUL in a value': ['X-A: a\0b'],
    'a bare CR in a value': ['X-A: a\rX-B: b'],
    'a bare LF between headers': ['X-A: a\nX-B: b'],
  }
  for (const [title, lines] of Object.entries(framings)) {
    it(title, () => assertRefused(`${get('/', lines, 'POST')}0\r\n\r\n`))
    it(`${title}, on GET`, () => assertRefused(`${get('/', lines)}0\r\n\r\n`))
  }

  it('Transfer-Encoding on HTTP/1.0 (SMG-07)', () =>
    assertRefused(
      request(
        'POST / HTTP/1.0',
        ['Host: app.test', 'Cookie: _pomerium=alice', 'Transfer-Encoding: chunked'],
        '0\r\n\r\n',
      ),
    ))

  it('a request line of HTTP/0.9 (SMG-10)', () => assertRefused('GET /\r\n\r\n'))
  it('HTTP/2.0 on an HTTP/1.1 connection', () => assertRefused(request('GET / HTTP/2.0', ['Host: app.test'])))
  it('a header block that ends in CR LF CR X (SMG-10)', () => assertRefused('GET / HTTP/1.1\r\nHost: app.test\r\n\rX'))
})

describe('Chunked in any case is chunked', () => {
  it('CHUNKED', async () => {
    await bench.send(`${get('/', ['Transfer-Encoding: CHUNKED'], 'POST')}3\r\nabc\r\n0\r\n\r\n`)
    assert.equal(bench.onlyRequest().body.toString(), 'abc')
  })
})

describe('headers above the count (SMG-08, L3)', () => {
  for (const count of [148, 149, 1000, 2500]) {
    for (const framing of ['Transfer-Encoding: chunked', `Content-Length: ${hiddenChunk.length}`]) {
      it(`${count} and then ${framing}`, async () => {
        const padding = Array.from({ length: count - 3 }, (_, index) => `X-${index}: 1`)
        const bytes = get('/', [...padding, framing], 'POST') + hiddenChunk
        const answer = await bench.send(bytes)
        if (count <= 150) assert.equal(answer.status, 200)
        else assert.deepEqual([answer.status, answer.closed], [431, true])
        assert.ok(bench.upstream.requests.every(({ target }) => target === '/'))
        assert.ok(bench.upstream.requests.length <= 1)
      })
    }
  }
})

describe('requests behind one another (SMG-11)', () => {
  it('are each decided alone', async () => {
    const second = request('GET /b HTTP/1.1', ['Host: admin.test', 'Cookie: _pomerium=alice', 'Accept: text/html'])
    const answer = await bench.send(get('/a') + second + get('/c'), 3)
    assert.deepEqual(answer.statuses, [200, 302, 200])
    assert.deepEqual(
      bench.upstream.requests.map(({ target }) => target),
      ['/a', '/c'],
    )
  })
})

describe('a body that breaks off (SMG-20)', () => {
  const broken = {
    'a bad second chunk': `${get('/', ['Transfer-Encoding: chunked'], 'POST')}3\r\nabc\r\nzz\r\n`,
    'a chunk extension with LF': `${get('/', ['Transfer-Encoding: chunked'], 'POST')}3\r\nabc\r\n3;a\nb\r\nabc\r\n0\r\n\r\n`,
  }
  for (const [title, bytes] of Object.entries(broken)) {
    it(`${title} reaches the upstream as an abort, never as an end`, async () => {
      const connectionsBefore = bench.upstream.closed
      const answer = await bench.send(bytes)
      assert.equal(answer.closed, true)
      if (bench.upstream.bytes.length > 0) {
        await bench.upstream.until(() => bench.upstream.closed > connectionsBefore)
        assert.doesNotMatch(bench.upstream.bytes.toString(), /0\r\n\r\n$/)
      }
      assert.equal(bench.upstream.requests.length, 0)
    })
  }

  it('two of five declared bytes and a FIN', async () => {
    using client = new RawClient(bench.proxy.port)
    const closedBefore = bench.upstream.closed
    client.send(`${get('/', ['Content-Length: 5'], 'POST')}ab`)
    await bench.upstream.until(() => bench.upstream.bytes.toString().endsWith('ab'))
    client.socket.end()
    await bench.upstream.until(() => bench.upstream.closed > closedBefore)
    assert.equal(bench.upstream.requests.length, 0)
    await bench.assertAlive()
  })
})

describe('trailers (SMG-16, L4, L5)', () => {
  it('of a request are dropped', async () => {
    const body = '3\r\nabc\r\n0\r\nAuthorization: Bearer evil\r\nX-Pomerium-Claim-Email: root\r\n\r\n'
    await bench.send(get('/', ['Transfer-Encoding: chunked', 'Trailer: Authorization'], 'POST') + body)
    assert.doesNotMatch(bench.upstream.bytes.toString(), /evil|root|trailer/i)
    assert.equal(bench.onlyRequest().body.toString(), 'abc')
  })

  it('announced on a GET without a body harm nobody', async () => {
    assert.equal((await bench.send(get('/', ['Trailer: X-T']))).status, 200)
    await bench.assertAlive()
  })

  it('announced by an upstream with a length harm nobody', async () => {
    bench.upstream.reply = (_request, socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTrailer: X-T\r\nContent-Length: 2\r\n\r\nhi')
    const answer = await bench.send(get('/'))
    assert.match(answer.text, /hi$/)
    assert.doesNotMatch(answer.text, /^trailer/im)
  })

  it('of a response are dropped', async () => {
    bench.upstream.reply = (_request, socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nSet-Cookie: a=b\r\n\r\n')
    const answer = await bench.send(get('/'))
    assert.match(answer.text, /hi\r\n0\r\n\r\n$/)
    assert.doesNotMatch(answer.text, /set-cookie/i)
  })
})

describe('answers that an upstream should not give (SMG-14)', () => {
  const bad = {
    'length and chunked':
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    'a bare LF between headers': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi',
    '101 that nobody asked for': 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    'no HTTP at all': 'SSH-2.0-OpenSSH_9.2\r\n',
    '100 Continue that nobody asked for, for ever': 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000),
  }
  for (const [title, bytes] of Object.entries(bad)) {
    it(title, async () => {
      bench.upstream.reply = (_request, socket) => socket.write(bytes)
      const answer = await bench.send(get('/', [], 'DELETE'))
      assert.equal(answer.status, 502)
      bench.upstream.reset()
      await bench.assertAlive()
    })
  }

  it('a 101 that nobody asked for is asked for once and is one answer, on a kept connection too', async () => {
    for (const how of ['fresh', 'kept']) {
      if (how === 'kept') await bench.send(get('/'))
      bench.upstream.reset()
      bench.upstream.reply = (_request, socket) => socket.write(bad['101 that nobody asked for'])
      const answer = await bench.send(get('/', ['Accept: application/json']))
      assert.deepEqual([answer.statuses, bench.upstream.requests.length], [[502], 1], how)
      assert.match(answer.text, /UPSTREAM_PROTOCOL/)
      bench.upstream.reset()
    }
  })

  it('a second response and bytes after the end reach nobody', async () => {
    const one = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'
    bench.upstream.reply = (_request, socket) =>
      socket.write(`${one}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`)
    const first = await bench.send(get('/'))
    assert.match(first.text, /hi$/)
    bench.upstream.reset()
    const second = await bench.send(get('/') + get('/'), 2)
    assert.doesNotMatch(second.text, /poison/)
    assert.deepEqual(second.statuses, [200, 200])
  })

  it('an interim answer is swallowed', async () => {
    bench.upstream.reply = (_request, socket) =>
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    assert.deepEqual((await bench.send(get('/'))).statuses, [200])
  })
})

describe('many response headers (SMG-22, L17)', () => {
  for (const count of [998, 999, 1000, 1001, 2500]) {
    it(`${count}: all of them, or 502`, async () => {
      const padding = Array.from({ length: count - 3 }, (_, index) => `X-${index}: 1`).join('\r\n')
      bench.upstream.reply = (_request, socket) =>
        socket.write(
          `HTTP/1.1 200 OK\r\n${padding}\r\nContent-Security-Policy: default-src 'none'\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nhi`,
        )
      const { status, text } = await sendRaw(bench.proxy.port, get('/'))
      if (count > 1000) {
        assert.equal(status, 502)
        return
      }
      assert.match(text, /Content-Security-Policy: default-src 'none'\r\nSet-Cookie: a=b/)
      assert.equal(text.match(/^X-\d+: 1/gm)?.length, count - 3)
    })
  }
})
