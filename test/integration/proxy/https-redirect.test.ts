import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { get, headerOf, startConfigured } from '../../support/configured-proxy.ts'
import { RawClient, sendRaw } from '../../support/raw-client.ts'
import type { ProxyUnderTest } from '../../support/proxy-under-test.ts'

const routes = [{ from: 'https://app.test', response: { status: 200, body: 'ok' } }]
const redirectListen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const

function portOf({ addresses }: ProxyUnderTest): number {
  const { redirect } = addresses
  return redirect?.kind === 'tcp' ? redirect.port : assert.fail('no second listener')
}

describe('http_redirect_addr', () => {
  let proxy: ProxyUnderTest
  before(async () => {
    proxy = await startConfigured({ routes, http_redirect_addr: ':80' }, { config: { redirectListen } })
  })
  after(() => proxy[Symbol.asyncDispose]())

  for (const [url, location] of [
    ['app.test/a/b?c=d', 'https://app.test/a/b?c=d'],
    ['App.test:80/', 'https://app.test/'],
    ['app.test:8080/', 'https://app.test/'],
    ['any.test//evil.test/%2F', 'https://any.test//evil.test/%2F'],
  ] as const) {
    it(`${url} leads to ${location}, without a question to anybody`, async () => {
      const answer = await get(portOf(proxy), url)
      assert.deepEqual([answer.status, headerOf(answer, 'location')], [301, location])
      assert.deepEqual(proxy.checker.questions, [])
    })
  }

  for (const [title, bytes] of [
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n'],
    ['a host that is none', 'GET / HTTP/1.1\r\nHost: a.test@b.test\r\n\r\n'],
    ['a target that is none', 'GET /a#b HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ] as const) {
    it(`${title}: 400`, async () => {
      const answer = await sendRaw(portOf(proxy), bytes)
      assert.deepEqual([answer.status, headerOf(answer, 'location')], [400, undefined])
    })
  }
})

describe('a client of the second listener that asks for more than it reads (DOS-02)', () => {
  it('is ended: one request of a connection is answered at a time, and hundreds do not wait', async () => {
    await using proxy = await startConfigured({ routes }, { config: { redirectListen } })
    using client = new RawClient(portOf(proxy))
    const asked = 3000
    client.send('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n'.repeat(asked))
    await client.until(() => client.ended || client.text.split('HTTP/1.1 301').length > asked)
    assert.equal(client.ended, true, 'all of them were answered')
  })
})

describe('the second listener when the service stops', () => {
  it('goes too: kept-alive and unused connections do not hold it up', async () => {
    const proxy = await startConfigured({ routes }, { config: { redirectListen } })
    using kept = new RawClient(portOf(proxy))
    using unused = new RawClient(portOf(proxy))
    kept.send('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n')
    await kept.until(() => kept.text.includes('301'))
    const startedAt = performance.now()
    await proxy[Symbol.asyncDispose]()
    assert.ok(performance.now() - startedAt < 1500)
    await unused.until(() => unused.ended && kept.ended)
    using late = new RawClient(portOf(proxy))
    await late.until(() => late.ended)
  })
})
