import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { baseConfig } from './config-fixture.ts'
import { globalKeys } from './keys/global-keys.ts'
import { routeKeys } from './keys/route-keys.ts'
import { loadConfig } from './load-config.ts'
import type { LoadResult } from './load-config.ts'

const options = { numRuns: 150, seed: 20261122 }

function load(text: string, env: Record<string, string> = {}): LoadResult {
  const readFile = (path: string): string => assert.fail(path)
  return loadConfig({ file: { path: 'config.yaml', text }, env, readFile })
}

/** Text that tends to mean something to some key. */
const meaningful = fc.oneof(
  fc.constantFrom(
    'https://a.example.com',
    'http://',
    'unix:///a',
    '/a',
    '*',
    '(',
    '30s',
    '${pomerium.jwt}',
    'all',
    ':1',
  ),
  fc.string(),
  fc.webUrl(),
)

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    meaningful,
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(meaningful, fc.constant('__proto__')), tie('any'), { maxKeys: 4 }),
  ),
})).any

const route = fc.dictionary(fc.constantFrom(...Object.keys(routeKeys), 'redirect', 'mcp'), value)
const settings = fc.dictionary(fc.constantFrom(...Object.keys(globalKeys), 'autocert', 'policy'), value)

describe('whatever the configuration is, the answer is a list of mistakes or a configuration', () => {
  it('for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        assert.ok(['ok', 'invalid'].includes(load(text).kind))
      }),
      options,
    )
  })

  it('for any values under our keys', () => {
    fc.assert(
      fc.property(settings, fc.array(route, { maxLength: 3 }), (keys, routes) => {
        assert.ok(['ok', 'invalid'].includes(load(JSON.stringify({ ...keys, routes })).kind))
      }),
      options,
    )
  })

  it('for any routes in an otherwise good file', () => {
    fc.assert(
      fc.property(fc.array(route, { minLength: 1, maxLength: 3 }), (routes) => {
        const result = load(`${baseConfig}routes: ${JSON.stringify(routes)}\n`)
        if (result.kind === 'ok') assert.equal(result.config.proxy.routes.length, routes.length)
        else assert.ok(result.issues.every(({ line, column }) => line > 0 && column > 0))
      }),
      options,
    )
  })

  it('for any variables', () => {
    const variables = Object.keys(globalKeys).map((key) => key.toUpperCase())
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...variables, 'POLICY', 'ROUTES', 'PORT'), meaningful), (env) => {
        assert.ok(['ok', 'invalid'].includes(load(baseConfig, env).kind))
      }),
      options,
    )
  })
})
