import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileRegex } from '@postern/shared/regex/re2.ts'
import { LiteralEnds, literalPrefix } from './literal-ends.ts'

describe('LiteralEnds', () => {
  it('finds what begins and ends like the text, without an overlap', () => {
    const ends = new LiteralEnds<string>()
    for (const [prefix, suffix] of [
      ['app-', '.test'],
      ['', '.test'],
      ['app', ''],
      ['', ''],
      ['ab', 'ba'],
    ] as const) {
      ends.add(prefix, suffix, `${prefix}*${suffix}`)
    }
    assert.deepEqual(ends.find('app-1.test').toSorted(), ['*', '*.test', 'app*', 'app-*.test'])
    assert.deepEqual(ends.find('aba'), ['*'])
    assert.deepEqual(ends.find('abba').toSorted(), ['*', 'ab*ba'])
  })
})

describe('literalPrefix', () => {
  for (const [source, expected] of [
    ['^/api/v1/users/[0-9]+$', '/api/v1/users/'],
    ['/app-7/.*', '/app-7/'],
    ['/a\\.b/c?', '/a.b/'],
    ['/ab*', '/a'],
    ['/ab{0,1}', '/a'],
    ['/a\\/?', '/a'],
    ['/a(b|c)', '/a'],
    ['/a(b)|/c', ''],
    ['/a[(]|/c', ''],
    ['/a\\(|/c', ''],
    ['(?i)/a', ''],
    ['/a\\d', '/a'],
    ['', ''],
  ] as const) {
    it(`${source} begins with ${expected}`, () => assert.equal(literalPrefix(source), expected))
  }

  it('is a beginning of everything that the expression matches', () => {
    const piece = fc.constantFrom(
      '/',
      'a',
      'b',
      '\\.',
      '.',
      '?',
      '*',
      '+',
      '(',
      ')',
      '|',
      '[ab]',
      '[(]',
      '\\(',
      '{0,1}',
      '^',
      '$',
    )
    const source = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''))
    const text = fc.string({ unit: fc.constantFrom('/', 'a', 'b', '.', '('), maxLength: 5 })
    fc.assert(
      fc.property(source, text, (regex, path) => {
        let matches = false
        try {
          matches = compileRegex(regex).matches(path)
        } catch {
          return
        }
        if (matches) assert.ok(path.startsWith(literalPrefix(regex)), `${regex} ${path}`)
      }),
      { numRuns: 3000 },
    )
  })
})
