import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PathMatch } from '@postern/shared/config/model.ts'
import { PathIndex } from './path-index.ts'

function index(...matches: readonly PathMatch[]): PathIndex {
  const paths = new PathIndex()
  matches.forEach((match, order) => paths.add(match, order))
  return paths
}

const regex = (source: string): PathMatch => ({ kind: 'regex', regex: source })

describe('the first of several expressions that match', () => {
  it('is the first in the configuration, however it begins', () => {
    assert.equal(index(regex('/a/.*'), regex('/a/b.*')).find('/a/bc'), 0)
    assert.equal(index(regex('/a/b.*'), regex('/a/.*')).find('/a/bc'), 0)
    assert.equal(index(regex('/a/x'), regex('.*c'), regex('/a/b.*')).find('/a/bc'), 1)
  })

  it('does not come before a path or prefix that is named earlier', () => {
    assert.equal(index({ kind: 'prefix', prefix: '/a' }, regex('/a/.*')).find('/a/b'), 0)
    assert.equal(index(regex('/a/.*'), { kind: 'path', path: '/a/b' }).find('/a/b'), 0)
    assert.equal(index({ kind: 'any' }, regex('/a/.*')).find('/a/b'), 0)
  })
})
