import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RegexSyntaxError, compileRegex } from './re2.ts'

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
