import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PathMatch, RouteFrom } from '@postern/shared/config/model.ts'
import { canonicalHost } from '../request/canonical-host.ts'
import { RouteTable } from './route-table.ts'

interface TestRoute {
  readonly name: string
  readonly from: RouteFrom
  readonly pathMatch: PathMatch
}

function route(name: string, host: string, pathMatch: PathMatch = { kind: 'any' }, port?: number): TestRoute {
  return { name, from: { scheme: 'https', host, port }, pathMatch }
}

const prefix = (text: string): PathMatch => ({ kind: 'prefix', prefix: text })
const path = (text: string): PathMatch => ({ kind: 'path', path: text })
const regex = (text: string): PathMatch => ({ kind: 'regex', regex: text })

const table = new RouteTable([
  route('wildcard', '*.example.com'),
  route('app-admin', 'app.example.com', prefix('/admin')),
  route('app-exact', 'app.example.com', path('/admin/exact')),
  route('app-regex', 'app.example.com', regex('/v[0-9]+/.*')),
  route('app-v1', 'app.example.com', prefix('/v1')),
  route('only-8443', 'ports.example.com', { kind: 'any' }, 8443),
  route('any-port', 'ports.example.com', prefix('/x')),
  route('https-port', 'named.example.com', { kind: 'any' }, 443),
  route('inner', 'pre-*.internal'),
  route('everything', '*.com'),
])

function find(host: string, target: string): string | undefined {
  const canonical = canonicalHost(host)
  assert.ok(canonical)
  return table.find(canonical, target)?.name
}

describe('the route table', () => {
  for (const [host, target, expected] of [
    ['app.example.com', '/admin', 'app-admin'],
    ['app.example.com', '/administrators', 'app-admin'],
    ['app.example.com', '/admin/exact', 'app-admin'],
    ['app.example.com', '/v1/x', 'app-regex'],
    ['app.example.com', '/v1', 'app-v1'],
    ['app.example.com', '/xx/v1/', 'wildcard'],
    ['app.example.com', '/other', 'wildcard'],
    ['deep.er.example.com', '/', 'wildcard'],
    ['other.com', '/', 'everything'],
    ['example.com', '/', 'everything'],
    ['example.org', '/', undefined],
    ['ports.example.com:8443', '/x', 'only-8443'],
    ['ports.example.com:9000', '/x', 'any-port'],
    ['ports.example.com:9000', '/y', 'wildcard'],
    ['named.example.com', '/', 'https-port'],
    ['pre-a.b.internal', '/', 'inner'],
    ['pre-.internal', '/', 'inner'],
    ['xpre-a.internal', '/', undefined],
  ] as const) {
    it(`${host}${target} is ${expected ?? 'nobody’s'}`, () => {
      assert.equal(find(host, target), expected)
      assert.equal(find(host, target), expected)
    })
  }

  it('knows its hosts', () => {
    const hosts = ['app.example.com', 'x.com', 'a.org'].map((host) => canonicalHost(host)!)
    assert.deepEqual(
      hosts.map((host) => table.knowsHost(host)),
      [true, true, false],
    )
    assert.equal(table.routeOn(hosts[0]!)?.name, 'app-admin')
  })

  it('looks at a handful of places among ten thousand routes', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => route(`r${index}`, 'one.test', prefix(`/p${index}/`)))
    const large = new RouteTable(many)
    const host = canonicalHost('one.test')!
    assert.equal(large.find(host, '/p9999/x')?.name, 'r9999')
    // Lookups are counted, not timed: one for each different length of a prefix.
    let slices = 0
    const counting = {
      get length() {
        return 8
      },
      slice: (_from: number, to: number) => {
        slices += 1
        return '/p9999/x'.slice(0, to)
      },
    }
    large.find(host, counting as unknown as string)
    assert.ok(slices <= 5, `${slices} lookups`)
  })
})
