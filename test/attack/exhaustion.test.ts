import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attackBench, get } from '../support/attack-bench.ts'
import { RawClient } from '../support/raw-client.ts'

const bench = attackBench({ timeouts: { readMs: 300, writeMs: 0, idleMs: 0 } })

describe('more than anybody needs (DOS-04, DOS-07)', () => {
  it('an address over the limit: 414', async () => {
    const answer = await bench.send(get(`/${'a'.repeat(20_000)}`))
    assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [414, true, 0])
  })

  it('a header block over the limit: 431', async () => {
    const answer = await bench.send(get('/', [`X-Large: ${'a'.repeat(70_000)}`]))
    assert.deepEqual([answer.status, answer.closed, bench.upstream.bytes.length], [431, true, 0])
    assert.match(answer.text, /REQUEST_HEADERS_TOO_LARGE/)
  })

  it('two thousand cookies and query parameters are read without harm', async () => {
    const cookies = Array.from({ length: 2000 }, (_, index) => `c${index}=1`).join('; ')
    const query = Array.from({ length: 1000 }, (_, index) => `p${index}=1`).join('&')
    assert.equal((await bench.send(get(`/?${query}`, [`Cookie: ${cookies}`]))).status, 200)
  })

  it('cookies that look like ours in thousands are no work (DOS-11)', async () => {
    const cookies = Array.from({ length: 2000 }, (_, index) => `_pomerium_${index}=1`).join('; ')
    assert.equal((await bench.send(get('/', [`Cookie: ${cookies}`]))).status, 200)
    assert.deepEqual(bench.onlyRequest().values('cookie'), [])
  })
})

describe('a body that nobody wants (DOS-05)', () => {
  it('is read only for so long', async () => {
    using client = new RawClient(bench.proxy.port)
    const head = get('/.pomerium/user', ['Transfer-Encoding: chunked'])
    client.send(head)
    await client.until(() => client.text.includes('401') || client.text.includes('200'))
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const sending = setInterval(() => client.send(chunk), 1)
    await client.until(() => client.ended)
    clearInterval(sending)
  })
})

describe('clients that take their time (DOS-01)', () => {
  it('one byte of a header at a time is ended, with 408', async () => {
    using client = new RawClient(bench.proxy.port)
    client.send('GET / HTTP/1.1\r\nHost: app.test\r\nX-')
    await client.until(() => client.ended, 8000)
    assert.match(client.text, /^HTTP\/1\.1 408 [\s\S]*REQUEST_TIMEOUT/)
  })
})

describe('random bytes (DOS-16)', () => {
  it('never take the process down', async () => {
    const odd = [
      'http://[',
      '//',
      '%',
      '/%',
      '/\ud800',
      '\0',
      '\r\n\r\n',
      'GET',
      'GET / HTTP/9.9\r\n\r\n',
      '\x16\x03\x01',
    ]
    for (const bytes of odd) {
      using client = new RawClient(bench.proxy.port)
      client.send(`${bytes}\r\n\r\n\r\n`)
      client.socket.end()
      await client.until(() => client.ended, 8000)
    }
    await bench.assertAlive()
  })
})
