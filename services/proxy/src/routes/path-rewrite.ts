import { compileReplacement } from '@postern/shared/regex/re2.ts'
import type { PathMatch, ProxyRoute } from '@postern/shared/config/model.ts'

/** The path for the upstream, from the canonical one; `undefined` when it would leave the prefix it belongs under. */
export type PathRewrite = (path: string) => string | undefined

const dotSegment = /(?:^|\/|%2F|%5C)\.{1,2}(?:;|%3B|\/|%2F|%5C|$)/i
/** What a path on the wire may hold: a substitution must not smuggle in a query, a space or a line end (SMG-13). */
const pathCharacters = /^\/[\x21\x22\x24-\x3e\x40-\x5b\x5d-\x7e]*$/

/**
 * `prefix_rewrite`, else `regex_rewrite_pattern`, else the path of the first `to` in place of what the route matched
 * (pomerium-facts §2.5).
 */
export function pathRewrite(route: ProxyRoute): PathRewrite | undefined {
  if (route.prefixRewrite !== undefined) return replacePrefix(route.pathMatch, route.prefixRewrite)
  if (route.regexRewrite !== undefined) {
    const replace = compileReplacement(route.regexRewrite.pattern, route.regexRewrite.substitution)
    return (path) => sendable(replace(path))
  }
  const [upstream] = route.upstreams
  const hasPath = upstream !== undefined && upstream.url.protocol !== 'unix:' && upstream.url.pathname !== '/'
  return hasPath ? replacePrefix(route.pathMatch, upstream.url.pathname) : undefined
}

/**
 * Puts `target` in place of what a route matched. Where the replaced part ended in a slash and the new one does not,
 * the slash stays: `/admin/` to `/x` gives `/x/foo`.
 */
export function replacePrefix(pathMatch: PathMatch, target: string): PathRewrite {
  const matched = matchedPart(pathMatch)
  return (path) => {
    const rest = path.slice(matched.length)
    if (target.endsWith('/') && rest.startsWith('/')) return sendable(target + rest.slice(1))
    const needsSlash = rest !== '' && !target.endsWith('/') && !rest.startsWith('/') && matched.endsWith('/')
    return sendable(`${target}${needsSlash ? '/' : ''}${rest}`)
  }
}

/** `/v1..` is an ordinary name, but what is left of it behind `/internal/` would not be. */
function sendable(path: string): string | undefined {
  return dotSegment.test(path) || !pathCharacters.test(path) ? undefined : path
}

function matchedPart(pathMatch: PathMatch): string {
  if (pathMatch.kind === 'prefix') return pathMatch.prefix
  return pathMatch.kind === 'path' ? pathMatch.path : '/'
}
