import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { get, headerOf, startConfigured } from '../../support/configured-proxy.ts'
import { Recorder, type RecordedRequest } from '../../support/recorder.ts'
import type { ProxyUnderTest } from '../../support/proxy-under-test.ts'

type RouteOptions = Readonly<Record<string, unknown>>

/** A proxy with one upstream that records, and one route of the given options at each `<name>.test`. */
function upstreamSeenThrough<N extends string>(options: Readonly<Record<N, RouteOptions>>) {
  const bench: { upstream: Recorder; proxy: ProxyUnderTest } = Object.create(null)
  before(async () => {
    bench.upstream = await Recorder.start()
    const routes = Object.entries<RouteOptions>(options).map(([name, route]) => ({
      from: `https://${name}.test`,
      to: bench.upstream.url.href,
      ...route,
    }))
    bench.proxy = await startConfigured({ routes })
  })
  beforeEach(() => bench.upstream.reset())
  after(async () => {
    await bench.proxy[Symbol.asyncDispose]()
    await bench.upstream[Symbol.asyncDispose]()
  })
  const ask = async (name: N, target = '/', ...lines: string[]) => {
    const before = bench.upstream.requests.length
    const answer = await get(bench.proxy.port, `${name}.test${target}`, ...lines)
    const seen: RecordedRequest | undefined = bench.upstream.requests[before]
    return { answer, seen }
  }
  return { bench, ask }
}

describe('the path that an upstream sees', () => {
  const { ask, bench } = upstreamSeenThrough({
    prefix: { prefix: '/v1', prefix_rewrite: '/internal' },
    groups: { regex_rewrite_pattern: '^/users/([^/]+)/(.*)$', regex_rewrite_substitution: '/\\2/of/\\1' },
    climbing: { regex_rewrite_pattern: '^/x(.*)$', regex_rewrite_substitution: '/x/\\1' },
  })
  const cases = [
    ['prefix', '/v1/x?a=b', '/internal/x?a=b'],
    ['groups', '/users/ada/repos/1?a=%2F', '/repos/1/of/ada?a=%2F'],
    ['groups', '/elsewhere', '/elsewhere'],
  ] as const
  for (const [name, target, expected] of cases) {
    it(`${name}: ${target} becomes ${expected}`, async () => {
      assert.equal((await ask(name, target)).seen?.target, expected)
    })
  }

  it('is never one that a substitution turned into something else', async () => {
    assert.equal((await ask('climbing', '/x..')).answer.status, 400)
    assert.equal(bench.upstream.requests.length, 0)
  })

  it('begins with the path of the first `to`', async () => {
    await using upstream = await Recorder.start()
    const routes = [{ from: 'https://a.test', prefix: '/app', to: `${upstream.url.href}base` }]
    await using proxy = await startConfigured({ routes })
    await get(proxy.port, 'a.test/app/x')
    assert.equal(upstream.requests[0]?.target, '/base/x')
  })
})

describe('the host that an upstream sees', () => {
  const { ask, bench } = upstreamSeenThrough({
    own: {},
    literal: { host_rewrite: 'literal.internal', host_rewrite_header: 'x-host', preserve_host_header: true },
    header: { host_rewrite_header: 'X-Host', preserve_host_header: true },
    path: {
      host_path_regex_rewrite_pattern: '^/([^/]+)/.*$',
      host_path_regex_rewrite_substitution: '\\1.internal',
      preserve_host_header: true,
    },
    preserve: { preserve_host_header: true },
    quiet: { host_rewrite: 'literal.internal', remove_request_headers: ['X-Forwarded-HOST'] },
  })
  const hostsSeen = async (...[name, target, ...lines]: Parameters<typeof ask>) => {
    const { seen } = await ask(name, target, ...lines)
    return [seen?.values('host'), seen?.values('x-forwarded-host')]
  }
  const own = (): string => bench.upstream.url.host

  it('is its own, and the client’s is told beside it', async () => {
    assert.deepEqual(await hostsSeen('own'), [[own()], ['own.test']])
  })
  it('host_rewrite: the one in the configuration, before all others', async () => {
    assert.deepEqual(await hostsSeen('literal', '/', 'X-Host: header.test'), [['literal.internal'], ['literal.test']])
  })
  it('host_rewrite_header: the one in that header, else its own', async () => {
    assert.deepEqual(await hostsSeen('header', '/', 'X-Host: Named.test'), [['named.test'], ['header.test']])
    assert.deepEqual(await hostsSeen('header'), [[own()], ['header.test']])
  })
  it('host_path_regex_rewrite: made from the path', async () => {
    assert.deepEqual(await hostsSeen('path', '/blue/x?y'), [['blue.internal'], ['path.test']])
  })
  it('preserve_host_header: the client’s, said once', async () => {
    assert.deepEqual(await hostsSeen('preserve'), [['preserve.test'], []])
  })
  it('remove_request_headers suppresses X-Forwarded-Host', async () => {
    assert.deepEqual(await hostsSeen('quiet', '/', 'X-Forwarded-Host: forged.test'), [['literal.internal'], []])
  })
  it('is a host name or the request is refused: SMG-13', async () => {
    assert.equal((await ask('header', '/', 'X-Host: a.test/../x')).answer.status, 400)
    assert.equal((await ask('header', '/', 'X-Host: a.test', 'X-Host: b.test')).answer.status, 400)
    assert.equal((await ask('path', '/a@b/x')).answer.status, 400)
    assert.equal(bench.upstream.requests.length, 0)
  })
})

describe('headers on their way', () => {
  const { ask, bench } = upstreamSeenThrough({
    request: { set_request_headers: { 'X-Team': 'red' }, remove_request_headers: ['X-Secret', 'user-agent'] },
    response: {
      set_response_headers: { 'X-Mine': 'ours', 'X-Frame-Options': 'DENY' },
      rewrite_response_headers: [
        { header: 'Location', prefix: 'http://internal:8080/', value: 'https://response.test/' },
        { header: 'location', prefix: 'https://response.test/v1', value: 'https://response.test/v2' },
      ],
    },
    disabled: { set_response_headers: { disable: 'true' } },
    defaults: {},
    cookie: { rewrite_response_headers: [{ header: 'set-cookie', prefix: 'x=', value: '_pomerium=' }] },
  })
  const answering = (...lines: string[]) => {
    bench.upstream.reply = (_request, socket) =>
      socket.write(['HTTP/1.1 200 OK', 'Content-Length: 0', ...lines, '', ''].join('\r\n'))
  }

  it('set_request_headers replace the client’s, remove_request_headers take them away', async () => {
    const { seen } = await ask('request', '/', 'X-Team: blue', 'x-secret: 1', 'User-Agent: me', 'X-Kept: 1')
    assert.deepEqual(
      ['x-team', 'x-secret', 'user-agent', 'x-kept'].map((name) => seen?.values(name)),
      [['red'], [], [], ['1']],
    )
  })
  it('rewrite_response_headers replace the beginning of a value, one after the other', async () => {
    answering('Location: http://internal:8080/v1/x', 'X-Other: http://internal:8080/')
    const { answer } = await ask('response')
    assert.equal(headerOf(answer, 'location'), 'https://response.test/v2/x')
    assert.equal(headerOf(answer, 'x-other'), 'http://internal:8080/')
    answering('Location: https://elsewhere.test/http://internal:8080/')
    assert.equal(headerOf((await ask('response')).answer, 'location'), 'https://elsewhere.test/http://internal:8080/')
  })
  it('a rewritten cookie is still none of ours', async () => {
    answering('Set-Cookie: x=forged')
    assert.equal(headerOf((await ask('cookie')).answer, 'set-cookie'), undefined)
  })
  it('set_response_headers come in place of the application’s, beside the default ones', async () => {
    answering('x-mine: theirs', 'X-Frame-Options: ALLOWALL')
    const { answer } = await ask('response')
    const lines = answer.text.match(/^x-(?:mine|frame-options|xss-protection): .*$/gim) ?? []
    assert.deepEqual(lines.map((line) => line.trim()).toSorted(), [
      'X-Frame-Options: DENY',
      'X-Mine: ours',
      'X-XSS-Protection: 1; mode=block',
    ])
  })
  it('default response headers are there unless the route turns all off', async () => {
    answering()
    assert.equal(headerOf((await ask('defaults')).answer, 'x-frame-options'), 'SAMEORIGIN')
    assert.equal(headerOf((await ask('disabled')).answer, 'x-frame-options'), undefined)
  })
})
