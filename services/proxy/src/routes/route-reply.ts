import type { ProxyRoute } from '@postern/shared/config/model.ts'
import type { RouteAnswer } from '@postern/shared/config/route-options.ts'
import type { CanonicalHost } from '../request/canonical-host.ts'
import { replacePrefix } from './path-rewrite.ts'

/** What a route without an upstream answers. */
export type RouteReply =
  | { readonly kind: 'redirect'; readonly status: number; readonly locationOf: (asked: AskedFor) => string | undefined }
  | { readonly kind: 'response'; readonly status: number; readonly body: string }

/** The parts of a request that a redirect may keep; all canonical. */
export interface AskedFor {
  readonly host: CanonicalHost
  readonly path: string
  readonly query: string
}

/** `undefined` for a route that forwards. */
export function routeReply(route: ProxyRoute): RouteReply | undefined {
  const { answer } = route
  if (answer?.kind !== 'redirect') return answer
  const pathOf = pathOfRedirect(route, answer)
  const { scheme = route.from.scheme, port, status, stripQuery } = answer
  return {
    kind: 'redirect',
    status,
    locationOf: ({ host, path, query }) => {
      const target = pathOf(path)
      if (target === undefined) return undefined
      const authority = answer.host ?? (port === undefined ? host.host : host.name)
      const asked = stripQuery || query === '' || target.includes('?') ? '' : `?${query}`
      return `${scheme}://${authority}${port === undefined ? '' : `:${port}`}${target}${asked}`
    },
  }
}

function pathOfRedirect(
  { pathMatch }: ProxyRoute,
  { path, prefixRewrite }: Extract<RouteAnswer, { kind: 'redirect' }>,
): (path: string) => string | undefined {
  if (path !== undefined) return () => (path.startsWith('/') ? path : `/${path}`)
  return prefixRewrite === undefined ? (asked) => asked : replacePrefix(pathMatch, prefixRewrite)
}
