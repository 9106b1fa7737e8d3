import { dependsOnOf } from './depends-on.ts'
import { describeFrom } from './from.ts'
import type { RouteDraft } from './route-draft.ts'

/** Which origins depend on a host. Worked out once for all routes: thousands of them must not look at each other. */
export type Dependents = ReadonlyMap<string, readonly string[]>

export function dependentsOf(routes: readonly RouteDraft[]): Dependents {
  const dependents = new Map<string, string[]>()
  for (const route of routes) {
    if (route.from.host.includes('*')) continue
    for (const host of dependsOnOf(route)) {
      dependents.set(host, [...(dependents.get(host) ?? []), describeFrom(route.from)])
    }
  }
  return dependents
}

/**
 * Origins whose pages may read that a route wants a sign-in: the one that its own responses allow by name, and those of
 * the routes that depend on its host. `*` is not among them: what it allows holds no credentials.
 */
export function readableBy(
  route: RouteDraft,
  dependents: Dependents,
  responseHeaders: Readonly<Record<string, string>>,
): string[] {
  const allowed = Object.entries(responseHeaders)
    .filter(
      ([name, value]) => name.toLowerCase() === 'access-control-allow-origin' && URL.parse(value)?.origin === value,
    )
    .map(([, value]) => value)
  return [...new Set([...allowed, ...(dependents.get(route.from.host) ?? [])])]
}
