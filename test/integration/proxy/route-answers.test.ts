import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { bodyOf, get, headerOf, startConfigured } from '../../support/configured-proxy.ts'
import { aliceCookie, aliceOnly, type ProxyUnderTest } from '../../support/proxy-under-test.ts'

const cookie = `Cookie: ${aliceCookie}`

describe('a route that redirects', () => {
  const redirects = [
    ['another host', { host_redirect: 'new.test' }, '/a/b?q=1', 301, 'https://new.test/a/b?q=1'],
    ['another scheme', { scheme_redirect: 'http' }, '/a?q', 301, 'http://r1.test/a?q'],
    ['https', { https_redirect: true, path_redirect: '/' }, '/a', 301, 'https://r2.test/'],
    ['another port', { port_redirect: 8443 }, '/a', 301, 'https://r3.test:8443/a'],
    ['another path', { path_redirect: '/there' }, '/a/b?q=1', 301, 'https://r4.test/there?q=1'],
    ['a path with its own query', { path_redirect: '/there?x=2' }, '/a?q=1', 301, 'https://r5.test/there?x=2'],
    ['another beginning of the path', { prefix_rewrite: '/v2' }, '/v1/x?q', 301, 'https://r6.test/v2/x?q', '/v1'],
    ['no query', { host_redirect: 'n.test', strip_query: true }, '/a?secret=1', 301, 'https://n.test/a'],
    ['for now', { host_redirect: 'n.test', response_code: 307 }, '/a', 307, 'https://n.test/a'],
    ['by another method', { host_redirect: 'n.test', response_code: 303 }, '/a', 303, 'https://n.test/a'],
    ['for ever, same method', { host_redirect: 'n.test', response_code: 308 }, '/a', 308, 'https://n.test/a'],
    ['found', { host_redirect: 'n.test', response_code: 302 }, '/a', 302, 'https://n.test/a'],
  ] as const
  let proxy: ProxyUnderTest
  before(async () => {
    const routes = redirects.map(([, redirect, , , , prefix], index) => ({
      from: `https://r${index}.test`,
      redirect,
      ...(prefix === undefined ? {} : { prefix }),
    }))
    proxy = await startConfigured({ routes })
  })
  after(() => proxy[Symbol.asyncDispose]())

  redirects.forEach(([title, , target, status, location], index) => {
    it(`${title}: ${target} leads to ${location}`, async () => {
      const answer = await get(proxy.port, `r${index}.test${target}`)
      assert.deepEqual([answer.status, headerOf(answer, 'location')], [status, location])
      assert.equal(headerOf(answer, 'cache-control'), 'no-store')
    })
  })

  it('keeps the port that the client asked for where no other is named', async () => {
    assert.equal(headerOf(await get(proxy.port, 'r4.test:8080/a'), 'location'), 'https://r4.test:8080/there')
    assert.equal(headerOf(await get(proxy.port, 'r3.test:8080/a'), 'location'), 'https://r3.test:8443/a')
  })

  it('does not lead out of its prefix', async () => {
    assert.equal((await get(proxy.port, 'r6.test/v1../admin')).status, 301)
    await using climbing = await startConfigured({
      routes: [{ from: 'https://c.test', prefix: '/v1', redirect: { prefix_rewrite: '/internal/' } }],
    })
    assert.equal((await get(climbing.port, 'c.test/v1../admin')).status, 400)
  })
})

describe('a route that answers', () => {
  it('gives its status and body, with the headers that the route sets', async () => {
    await using proxy = await startConfigured({
      routes: [
        { from: 'https://down.test', response: { status: 503, body: 'Back at noon' } },
        {
          from: 'https://json.test',
          response: { status: 200, body: '{}' },
          set_response_headers: { 'Content-Type': 'application/json', 'X-Mine': '1' },
        },
        { from: 'https://plain.test', response: { status: 204, body: '' }, set_response_headers: { disable: 'yes' } },
      ],
    })
    const down = await get(proxy.port, 'down.test/any/path')
    assert.deepEqual([down.status, bodyOf(down)], [503, 'Back at noon'])
    assert.equal(headerOf(down, 'content-type'), 'text/plain; charset=utf-8')
    assert.equal(headerOf(down, 'x-frame-options'), 'SAMEORIGIN')
    assert.equal(headerOf(down, 'x-pomerium-intercepted-response'), 'true')
    const json = await get(proxy.port, 'json.test/')
    assert.deepEqual([headerOf(json, 'content-type'), headerOf(json, 'x-mine')], ['application/json', '1'])
    const plain = await get(proxy.port, 'plain.test/', 'Connection: close')
    assert.deepEqual([plain.status, headerOf(plain, 'x-frame-options')], [204, undefined])
    assert.equal(headerOf(plain, 'content-length'), undefined)
  })
})

describe('routes without an upstream', () => {
  it('ask for a decision like any other, upgrades too', async () => {
    const routes = [
      { from: 'https://r.test', redirect: { host_redirect: 'n.test' } },
      { from: 'https://a.test', response: { status: 200, body: 'for Alice' } },
    ]
    await using proxy = await startConfigured({ routes }, { decide: aliceOnly })
    for (const host of ['r.test', 'a.test']) {
      assert.match(headerOf(await get(proxy.port, `${host}/`), 'location') ?? '', /^https:\/\/auth\.test\//)
      assert.equal((await get(proxy.port, `${host}/`, 'Cookie: _pomerium=bob')).status, 403)
      assert.doesNotMatch((await get(proxy.port, `${host}/`)).text, /for Alice|n\.test/)
    }
    assert.equal((await get(proxy.port, 'r.test/', cookie)).status, 301)
    assert.equal(bodyOf(await get(proxy.port, 'a.test/', cookie)), 'for Alice')
    const upgrade = await get(proxy.port, 'a.test/', cookie, 'Connection: Upgrade', 'Upgrade: websocket')
    assert.deepEqual([upgrade.status, bodyOf(upgrade)], [200, 'for Alice'])
  })
})
