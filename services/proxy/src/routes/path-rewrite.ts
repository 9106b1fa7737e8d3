import type { ProxyRoute } from '@postern/shared/config/model.ts'

/** The path for the upstream, from the canonical one; `undefined` when it would leave the prefix it belongs under. */
export type PathRewrite = (path: string) => string | undefined

const dotSegment = /(?:^|\/)\.{1,2}(?:;|%3B|\/|$)/

/**
 * `prefix_rewrite`, or else the path of the first `to`, in place of what the route matched (pomerium-facts §2.5). Where
 * the replaced part ended in a slash and the new one does not, the slash stays: `/admin/` to `/x` gives `/x/foo`.
 */
export function pathRewrite(route: ProxyRoute): PathRewrite | undefined {
  const target = route.prefixRewrite ?? route.upstreams[0]?.url.pathname ?? '/'
  const isUnixSocket = route.upstreams[0]?.url.protocol === 'unix:'
  if (route.prefixRewrite === undefined && (target === '/' || isUnixSocket)) return undefined
  const matched = matchedPart(route)
  return (path) => {
    const rest = path.slice(matched.length)
    const needsSlash = rest !== '' && !target.endsWith('/') && !rest.startsWith('/') && matched.endsWith('/')
    const rewritten = `${target}${needsSlash ? '/' : ''}${rest}`.replace(/\/{2,}/g, '/')
    // `/v1..` is an ordinary name, but what is left of it behind `/internal/` would not be.
    return dotSegment.test(rewritten) || !rewritten.startsWith('/') ? undefined : rewritten
  }
}

function matchedPart({ pathMatch }: ProxyRoute): string {
  if (pathMatch.kind === 'prefix') return pathMatch.prefix
  return pathMatch.kind === 'path' ? pathMatch.path : '/'
}
