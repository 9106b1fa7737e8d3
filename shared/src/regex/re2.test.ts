import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RegexSyntaxError, compileRegex, compileReplacement } from './re2.ts'

describe('a regular expression', () => {
  for (const [source, text, expected] of [
    ['/a', '/a', true],
    ['/a', '/ab', false],
    ['/a', 'x/a', false],
    ['/a|/b', '/bc', false],
    ['^/a$', '/a', true],
    ['/(?i)admin', '/ADMIN', true],
    ['/[^/]+/x', '/a/b/x', false],
    ['/.*', '/\n', false],
    ['(?s)/.*', '/\n', true],
    ['/é', '/é', true],
  ] as const) {
    it(`${source} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(text)}: all of it, or not at all`, () => {
      assert.equal(compileRegex(source).matches(text), expected)
    })
  }

  for (const [source, offset] of [
    ['/(a', undefined],
    ['/x(?=a)', 2],
    ['/(a)\\1', 4],
    ['/[z-a]', 2],
    ['/a{2,1}', 2],
    ['/(?<=a)b', 1],
  ] as const) {
    it(`${source} is refused`, () => {
      assert.throws(
        () => compileRegex(source),
        (error) => error instanceof RegexSyntaxError && error.offset === offset,
      )
    })
  }

  it('takes linear time where a backtracking engine would not end', () => {
    for (const source of ['(a+)+$', '^(([a-z])+.)+$', '(.*)*x']) {
      assert.equal(compileRegex(source).matches(`${'a'.repeat(50_000)}\n`), false)
    }
  })
})

describe('a replacement', () => {
  it('replaces every match, with groups', () => {
    assert.equal(compileReplacement('/v([0-9]+)', '/api/\\1')('/v1/v22'), '/api/1/api/22')
    assert.equal(compileReplacement('^/(\\w+)(/x)?.*$', '\\1\\2.example')('/a/b'), 'a.example')
    assert.equal(compileReplacement('b', '<\\0>\\\\$1$&')('abc'), 'a<b>\\$1$&c')
    assert.equal(compileReplacement('x', 'y')('abc'), 'abc')
  })

  it('is refused where it names a group that is not there, or escapes nothing', () => {
    for (const substitution of ['\\2', '\\n', '\\'])
      assert.throws(() => compileReplacement('(a)', substitution), RegexSyntaxError)
  })
})
