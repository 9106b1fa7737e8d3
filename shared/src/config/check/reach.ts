import { isDeepStrictEqual } from 'node:util'
import type { PathMatch } from '../model.ts'
import type { Report } from '../read/report.ts'
import { describeFrom } from '../routes/from.ts'
import type { RouteDraft } from '../routes/route-draft.ts'

/** The routes of one host and port that came before, as far as they can hide a later one. */
class Earlier {
  #everything: RouteDraft | undefined
  readonly #prefixes = new Map<string, RouteDraft>()
  readonly #paths = new Map<string, RouteDraft>()
  #shortest = Number.MAX_SAFE_INTEGER

  add(route: RouteDraft): void {
    const match = route.pathMatch
    if (takesEverything(match)) this.#everything ??= route
    if (match.kind === 'path' && !this.#paths.has(match.path)) this.#paths.set(match.path, route)
    if (match.kind !== 'prefix' || this.#prefixes.has(match.prefix)) return
    this.#prefixes.set(match.prefix, route)
    this.#shortest = Math.min(this.#shortest, match.prefix.length)
  }

  /** A route that takes everything that this one could match. */
  hiding(route: RouteDraft): RouteDraft | undefined {
    const match = route.pathMatch
    if (this.#everything !== undefined || match.kind === 'any' || match.kind === 'regex') return this.#everything
    const text = match.kind === 'path' ? match.path : match.prefix
    if (match.kind === 'path' && this.#paths.has(text)) return this.#paths.get(text)
    for (let length = this.#shortest; length <= text.length; length++) {
      const route = this.#prefixes.get(text.slice(0, length))
      if (route !== undefined) return route
    }
    return undefined
  }
}

function takesEverything(match: PathMatch): boolean {
  return match.kind === 'any' || (match.kind === 'regex' && /^\^?\/?\.\*\$?$/.test(match.regex))
}

/**
 * The first match wins, in the order of the file: a route behind one that takes everything is never reached. A prefix
 * is plain text: `/ws` also takes `/ws-internal`.
 */
export function checkReach(routes: readonly RouteDraft[], report: Report): void {
  const byHost = new Map<string, Earlier>()
  for (const route of routes) {
    const host = `${route.from.host}:${String(route.from.port ?? '*')}`
    const earlier = byHost.get(host) ?? new Earlier()
    byHost.set(host, earlier)
    const hiding = earlier.hiding(route)
    // The same route once more is a mistake that is said already.
    if (hiding !== undefined && hiding.id !== route.id) report.warning(route.path, describeHiding(route, hiding))
    earlier.add(route)
  }
}

function describeHiding(route: RouteDraft, hiding: RouteDraft): string {
  const taken = hiding.pathMatch
  if (isDeepStrictEqual(taken, route.pathMatch)) {
    return `is never reached: the route at ${hiding.source} takes the same paths first; give one of them a path or prefix of its own, or leave this one out`
  }
  const own =
    route.pathMatch.kind === 'prefix'
      ? route.pathMatch.prefix
      : route.pathMatch.kind === 'path'
        ? route.pathMatch.path
        : ''
  if (
    taken.kind === 'prefix' &&
    !taken.prefix.endsWith('/') &&
    own.length > taken.prefix.length &&
    own[taken.prefix.length] !== '/'
  ) {
    return `is never reached: the prefix ${taken.prefix} at ${hiding.source} also takes ${own}, because a prefix is plain text; write ${taken.prefix}/ there, or move this route above it`
  }
  const what =
    taken.kind === 'any' || taken.kind === 'regex'
      ? `everything on ${describeFrom(hiding.from)}`
      : taken.kind === 'prefix'
        ? `everything below ${taken.prefix}`
        : 'the same path'
  return `is never reached: the route at ${hiding.source} takes ${what} first; move this one above it`
}
