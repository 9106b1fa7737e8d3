import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalTarget, strictPaths, type PathRules } from './canonical-target.ts'

const piece = fc.constantFrom(
  '/',
  '//',
  '.',
  '..',
  '%2e',
  '%2E',
  '%2f',
  '%5c',
  '%00',
  '%41',
  '%c3%a9',
  '%',
  ';',
  'a',
  '~',
  '?',
  '#',
  '\\',
  ' ',
  'é',
)
const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)

describe('canonicalTarget', () => {
  it('changes nothing when it reads its own result (one form, for everybody)', () => {
    fc.assert(
      fc.property(target, (raw) => {
        const once = canonicalTarget(raw)
        if (once !== undefined) assert.equal(canonicalTarget(once.path)?.path, once.path)
      }),
    )
  })

  it('leaves nothing that another reader could resolve further', () => {
    fc.assert(
      fc.property(target, (raw) => {
        const path = canonicalTarget(raw)?.path
        if (path === undefined) return
        assert.match(path, /^\//)
        assert.doesNotMatch(path, /\/\/|\\|#|\?|%2[fF]|%5[cC]|%00|%2[eE]|[^\x21-\x7e]/)
        assert.equal(
          path.split('/').some((segment) => segment === '.' || segment === '..'),
          false,
        )
      }),
    )
  })

  it('agrees with the WHATWG parser wherever both read a path', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('/', 'a', 'b', '.', '..', '%2e'), { maxLength: 10 }), (pieces) => {
        const raw = `/${pieces.join('/')}`
        const expected = new URL(`http://h${raw.replace(/\/+/g, '/')}`).pathname
        assert.equal(canonicalTarget(raw)?.path, expected)
      }),
    )
  })

  it('leaves the query as it came', () => {
    assert.deepEqual(canonicalTarget('/a?b=%2F&c=/../?d'), {
      path: '/a',
      query: 'b=%2F&c=/../?d',
      wasUnescaped: false,
      authority: undefined,
    })
  })

  it('reads the authority of an absolute form', () => {
    const wasUnescaped = false
    assert.deepEqual(canonicalTarget('https://h:8/a/../b?c'), {
      path: '/b',
      query: 'c',
      wasUnescaped,
      authority: 'h:8',
    })
    assert.deepEqual(canonicalTarget('http://h'), { path: '/', query: '', wasUnescaped, authority: 'h' })
    assert.deepEqual(canonicalTarget('http://h?q'), { path: '/', query: 'q', wasUnescaped, authority: 'h' })
  })
})

describe('paths that could be read in two ways, as the operator wants them read', () => {
  const cases: readonly (readonly [Partial<PathRules>, string, string | undefined])[] = [
    [{}, '/a%2fb', undefined],
    [{}, '/a%5Cb', undefined],
    [{ escapedSlashes: 'keep' }, '/a%2fb%5c/c', '/a%2Fb%5C/c'],
    [{ escapedSlashes: 'keep' }, '/a%2f../b', undefined],
    [{ escapedSlashes: 'keep' }, '/a/..%2Fb', undefined],
    [{ escapedSlashes: 'keep' }, '/a%5c.%5cb', undefined],
    [{ escapedSlashes: 'keep' }, '/a%2F..', undefined],
    [{ escapedSlashes: 'keep' }, '/a%2Fb..c', '/a%2Fb..c'],
    [{ escapedSlashes: 'unescape-forward' }, '/a%2fb%5Cc', '/a/b/c'],
    [{ escapedSlashes: 'unescape-forward' }, '/public%2f..%2Fsecret', '/secret'],
    [{ escapedSlashes: 'unescape-forward' }, '/a%2f%2fb', '/a/b'],
    [{ escapedSlashes: 'unescape-redirect' }, '/a%2fb', '/a/b'],
    [{ escapedSlashes: 'unescape-forward' }, '/a%252fb', '/a%252fb'],
    [{}, '//a///b/', '/a/b/'],
    [{ mergeSlashes: false }, '//a///b/', '//a///b/'],
    [{ mergeSlashes: false }, '/a//../b', '/a/b'],
    [{}, '/a/./b/../c', '/a/c'],
    [{ normalizePath: false }, '/a/./b/../c//d', '/a/./b/../c/d'],
    [{ normalizePath: false }, '/a/%2e%2E/c', '/a/../c'],
    [{ normalizePath: false, mergeSlashes: false }, '/a/..;x/c', undefined],
  ]
  for (const [rules, raw, expected] of cases) {
    it(`${JSON.stringify(rules)}: ${raw} is ${expected ?? 'refused'}`, () => {
      assert.equal(canonicalTarget(raw, { ...strictPaths, ...rules })?.path, expected)
    })
  }

  it('whatever the rules, its own result reads the same again', () => {
    const rules = fc.record({
      escapedSlashes: fc.constantFrom<PathRules['escapedSlashes']>(
        'reject',
        'keep',
        'unescape-redirect',
        'unescape-forward',
      ),
      mergeSlashes: fc.boolean(),
      normalizePath: fc.boolean(),
    })
    fc.assert(
      fc.property(target, rules, (raw, chosen) => {
        const once = canonicalTarget(raw, chosen)
        if (once !== undefined) assert.equal(canonicalTarget(once.path, chosen)?.path, once.path)
      }),
    )
  })
})
