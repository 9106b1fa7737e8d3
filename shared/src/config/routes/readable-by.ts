import { dependsOnOf } from './depends-on.ts'
import { describeFrom } from './from.ts'
import type { RouteDraft } from './route-draft.ts'

/**
 * Origins whose pages may read that a route wants a sign-in: the one that its own responses allow by name, and those of
 * the routes that depend on its host. `*` is not among them: what it allows holds no credentials.
 */
export function readableBy(
  route: RouteDraft,
  routes: readonly RouteDraft[],
  responseHeaders: Readonly<Record<string, string>>,
): string[] {
  const allowed = Object.entries(responseHeaders)
    .filter(
      ([name, value]) => name.toLowerCase() === 'access-control-allow-origin' && URL.parse(value)?.origin === value,
    )
    .map(([, value]) => value)
  const dependent = routes
    .filter((other) => !other.from.host.includes('*') && dependsOnOf(other).includes(route.from.host))
    .map(({ from }) => describeFrom(from))
  return [...new Set([...allowed, ...dependent])]
}
