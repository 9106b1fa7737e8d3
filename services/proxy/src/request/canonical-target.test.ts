import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalTarget } from './canonical-target.ts'

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
      authority: undefined,
    })
  })

  it('reads the authority of an absolute form', () => {
    assert.deepEqual(canonicalTarget('https://h:8/a/../b?c'), { path: '/b', query: 'c', authority: 'h:8' })
    assert.deepEqual(canonicalTarget('http://h'), { path: '/', query: '', authority: 'h' })
    assert.deepEqual(canonicalTarget('http://h?q'), { path: '/', query: 'q', authority: 'h' })
  })
})
