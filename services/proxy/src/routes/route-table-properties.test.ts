import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { PathMatch, RouteFrom } from '@postern/shared/config/model.ts'
import { canonicalHost, type CanonicalHost } from '../request/canonical-host.ts'
import { RouteTable, type Routable } from './route-table.ts'

const hosts = ['a.test', 'b.test', 'a.b.test', 'x.test', 'ab.test', '*.test', '*.b.test', 'a*.test', 'a.*', '*b*', '*']
const askedHosts = ['a.test', 'b.test', 'a.b.test', 'x.b.test', 'ab.test', 'aab.test', 'a.other', 'other', 'test']
const expressions = ['/a/.*', '/(a|b)c?', '.*b', '/a', '/a[^/]*', '/.*', '/a/b|/c', '(/a)+', '/[abc]{2,3}/?']

const segment = fc.constantFrom('a', 'b', 'c', 'ab', 'abc', '')
const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`)

const pathMatch: fc.Arbitrary<PathMatch> = fc.oneof(
  fc.constant({ kind: 'any' as const }),
  path.map((text) => ({ kind: 'path' as const, path: text })),
  path.filter((text) => text !== '/').map((text) => ({ kind: 'prefix' as const, prefix: text })),
  fc.constantFrom(...expressions).map((regex) => ({ kind: 'regex' as const, regex })),
)

const port = fc.constantFrom(undefined, undefined, 443, 8443)
const from: fc.Arbitrary<RouteFrom> = fc.record({
  scheme: fc.constant('https' as const),
  host: fc.constantFrom(...hosts),
  port,
})
const route: fc.Arbitrary<Routable> = fc.record({ from, pathMatch })
const asked = fc.record({ host: fc.constantFrom(...askedHosts), port, path })

const known = new Map<string, RegExp>()

function expression(source: string): RegExp {
  const made = known.get(source) ?? new RegExp(`^(?:${source})$`)
  known.set(source, made)
  return made
}

/** The documented order, in so many words: exact hosts before wildcards, then the order of the file (pomerium-facts §2.2, §2.3). */
function obviously(routes: readonly Routable[], host: CanonicalHost, asked: string): Routable | undefined {
  const matching = routes.filter(({ from, pathMatch }) => {
    const pattern = expression(from.host.replaceAll('.', '[.]').replaceAll('*', '.*'))
    const isPort = from.port === undefined || from.port === (host.port ?? 443)
    return pattern.test(host.name) && isPort && takes(pathMatch, asked)
  })
  return matching.find(({ from }) => !from.host.includes('*')) ?? matching[0]
}

function takes(match: PathMatch, asked: string): boolean {
  switch (match.kind) {
    case 'any':
      return true
    case 'path':
      return asked === match.path
    case 'prefix':
      return asked.startsWith(match.prefix)
    case 'regex':
      return expression(match.regex).test(asked)
  }
}

/** Which route it is, by its place. */
function sameAs(routes: readonly Routable[], table: RouteTable<Routable>, question: Asked): void {
  const name = question.port === undefined ? question.host : `${question.host}:${String(question.port)}`
  const host = canonicalHost(name)
  assert.ok(host)
  const expected = obviously(routes, host, question.path)
  const found = table.find(host, question.path)
  assert.equal(
    found === undefined ? undefined : routes.indexOf(found),
    expected === undefined ? undefined : routes.indexOf(expected),
    `${name}${question.path}`,
  )
}

interface Asked {
  readonly host: string
  readonly port: number | undefined
  readonly path: string
}

describe('the route of a request', () => {
  it('is the one that a reader of the file would choose', () => {
    const few = fc.array(route, { maxLength: 30 })
    const several = fc.array(asked, { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(few, several, (routes, questions) => {
        const table = new RouteTable(routes)
        for (const question of questions) sameAs(routes, table, question)
      }),
      { numRuns: 300 },
    )
  })

  it('is so among ten thousand', () => {
    const routes = fc.sample(route, 10_000)
    const table = new RouteTable(routes)
    for (const question of fc.sample(asked, 100)) sameAs(routes, table, question)
  })
})
