import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PathMatch, ProxyRoute } from '@postern/shared/config/model.ts'
import { pathRewrite } from './path-rewrite.ts'

function rewrite(
  pathMatch: PathMatch,
  prefixRewrite: string | undefined,
  to = 'https://up.test',
): ReturnType<typeof pathRewrite> {
  const route = { pathMatch, prefixRewrite, upstreams: [{ url: new URL(to), weight: 1 }] }
  return pathRewrite(route as unknown as ProxyRoute)
}

const prefix = (text: string): PathMatch => ({ kind: 'prefix', prefix: text })
const any: PathMatch = { kind: 'any' }

describe('pathRewrite', () => {
  for (const [title, rewritten, path, expected] of [
    ['a prefix is replaced', rewrite(prefix('/v1'), '/internal/v1'), '/v1/x', '/internal/v1/x'],
    ['the whole of it too', rewrite(prefix('/v1'), '/internal'), '/v1', '/internal'],
    ['a slash is not lost', rewrite(prefix('/admin/'), '/x'), '/admin/foo', '/x/foo'],
    ['nor doubled', rewrite(prefix('/v1'), '/'), '/v1/x', '/x'],
    ['a path in `to` comes in front', rewrite(any, undefined, 'https://up.test/base'), '/x', '/base/x'],
    ['prefix_rewrite comes before the path in `to`', rewrite(any, '/a', 'https://up.test/b'), '/x', '/a/x'],
    ['an exact path is replaced', rewrite({ kind: 'path', path: '/old' }, '/new'), '/old', '/new'],
    ['dots that were part of a name do not climb', rewrite(prefix('/v1'), '/internal/'), '/v1../admin', undefined],
    ['nor with a parameter', rewrite(prefix('/v1'), '/internal/'), '/v1..;a/admin', undefined],
  ] as const) {
    it(title, () => {
      assert.equal(rewritten?.(path), expected)
    })
  }

  it('is nothing to do without a prefix or a path', () => {
    assert.equal(rewrite(any, undefined), undefined)
    assert.equal(rewrite(any, undefined, 'unix:///run/app.sock'), undefined)
  })
})
