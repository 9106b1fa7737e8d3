import { hash } from 'node:crypto'
import { describePlace } from '../config-issue.ts'
import type { ConfigPath } from '../config-issue.ts'
import { routeListKeys } from '../keys/global-keys.ts'
import { leftOutRouteKeys } from '../keys/left-out.ts'
import { routeKeys } from '../keys/route-keys.ts'
import type { PathMatch, RouteFrom, Upstream } from '../model.ts'
import type { RouteAnswer } from '../route-options.ts'
import { describeFound } from '../read/describe-found.ts'
import { isMapping, readKeys } from '../read/read-keys.ts'
import type { Report } from '../read/report.ts'
import { readAnswer } from './answer.ts'
import { describeFrom, readFrom } from './from.ts'
import { readPathMatch } from './path-match.ts'
import type { RouteDraft } from './route-draft.ts'
import { readUpstreams } from './upstreams.ts'

/** Every route that can be read, in the order of matching: the list `policy`, then the list `routes`. */
export function readRoutes(data: Readonly<Record<string, unknown>>, report: Report): RouteDraft[] {
  const drafts: RouteDraft[] = []
  const places = new Map<string, RouteDraft>()
  for (const { route, path } of routeLists(data, report)) {
    const draft = readRoute(route, path, report)
    if (draft === undefined) continue
    const twin = places.get(draft.id)
    if (twin !== undefined)
      report.error(path, `the same route (from, path and to) is already at ${twin.source}; remove one of them`)
    places.set(draft.id, draft)
    drafts.push(draft)
  }
  return drafts
}

function* routeLists(data: Readonly<Record<string, unknown>>, report: Report) {
  for (const key of routeListKeys) {
    const list = data[key]
    if (list === undefined) continue
    if (!Array.isArray(list)) {
      report.error([key], `${describeFound(list)}; expected a list of routes ("- from: …")`)
      continue
    }
    for (const [index, route] of (list as unknown[]).entries()) yield { route, path: [key, index] }
  }
}

function readRoute(route: unknown, path: ConfigPath, report: Report): RouteDraft | undefined {
  if (!isMapping(route)) {
    report.error(path, `${describeFound(route)}; expected a route (a mapping with from, to and policy)`)
    return undefined
  }
  const values = readKeys(routeKeys, route, path, report, { leftOut: leftOutRouteKeys })
  if (values.from === undefined && !Object.hasOwn(route, 'from'))
    report.error(path, 'the route has no "from"; expected https://host')
  checkDestination(route, path, report)
  const from = values.from === undefined ? undefined : readFrom(values.from, [...path, 'from'], report)
  const upstreams = values.to === undefined ? [] : readUpstreams(values.to, [...path, 'to'], report)
  const answer = readAnswer(values, path, report)
  const pathMatch = readPathMatch(values, path, report)
  if (from === undefined) return undefined
  const source = describePlace(report.locate(path))
  const id = routeId(from, pathMatch, upstreams, answer)
  return { path, source, id, values, from, pathMatch, upstreams, answer }
}

/** Exactly one of `to`, `redirect` and `response`. */
function checkDestination(route: Readonly<Record<string, unknown>>, path: ConfigPath, report: Report): void {
  const given = ['to', 'redirect', 'response'].filter((key) => Object.hasOwn(route, key))
  if (given.length === 0)
    report.error(path, 'the route has no "to"; expected the URL of the application, or redirect or response')
  for (const key of given.slice(1))
    report.error(
      [...path, key],
      `a route either forwards or answers by itself; there is "${given[0] ?? ''}" already`,
      'key',
    )
}

/** The same in every service that reads the same configuration. */
function routeId(
  from: RouteFrom,
  pathMatch: PathMatch,
  upstreams: readonly Upstream[],
  answer: RouteAnswer | undefined,
): string {
  const destinations = upstreams.map(({ url, ...how }) => [url.href, how])
  return hash('sha256', JSON.stringify([describeFrom(from), pathMatch, destinations, answer])).slice(0, 32)
}
