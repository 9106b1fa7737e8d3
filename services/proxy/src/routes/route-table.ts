import type { PathMatch, RouteFrom } from '@postern/shared/config/model.ts'
import type { CanonicalHost } from '../request/canonical-host.ts'
import { LiteralEnds } from './literal-ends.ts'
import { PathIndex } from './path-index.ts'

/** What the table needs to know of a route. */
export interface Routable {
  readonly from: RouteFrom
  readonly pathMatch: PathMatch
}

/** How many different hosts' wildcard matches are remembered; clients choose the hosts. */
const rememberedHosts = 1000

/**
 * The routes by host, then by path. Exact hosts come before wildcards, then configuration order decides
 * (pomerium-facts §2.2, §2.3). Ten thousand routes cost a request no more than ten.
 */
export class RouteTable<R extends Routable> {
  readonly #routes: readonly R[]
  readonly #exact = new Map<string, HostPaths>()
  readonly #wildcards = new Map<string, Wildcard>()
  readonly #wildcardsByEnds = new LiteralEnds<Wildcard>()
  readonly #wildcardsOf = new Map<string, readonly HostPaths[]>()

  constructor(routes: readonly R[]) {
    this.#routes = routes
    routes.forEach((route, order) => {
      this.#pathsFor(route.from.host).add(route.from.port, route.pathMatch, order)
    })
  }

  /** The route that a request belongs to, from its canonical host and path. */
  find(host: CanonicalHost, path: string): R | undefined {
    const exact = this.#exact.get(host.name)?.find(host.port, path) ?? Infinity
    if (exact !== Infinity) return this.#routes[exact]
    const orders = this.#matchingWildcards(host.name).map((paths) => paths.find(host.port, path))
    return this.#routes[Math.min(...orders)]
  }

  /** Whether any route is at home on this host: only there Postern answers its own paths. */
  knowsHost(host: CanonicalHost): boolean {
    return this.#exact.has(host.name) || this.#matchingWildcards(host.name).length > 0
  }

  /** The first route of a host, whatever its path: for what does not depend on the path, such as the scheme. */
  routeOn(host: CanonicalHost): R | undefined {
    const exact = this.#exact.get(host.name)
    const hosts = exact === undefined ? this.#matchingWildcards(host.name) : [exact]
    return this.#routes[Math.min(...hosts.map(({ first }) => first))]
  }

  #pathsFor(host: string): HostPaths {
    if (!host.includes('*')) return upsert(this.#exact, host, () => new HostPaths())
    return upsert(this.#wildcards, host, () => this.#addWildcard(host)).paths
  }

  #addWildcard(host: string): Wildcard {
    const wildcard = { pattern: wildcardPattern(host), paths: new HostPaths() }
    this.#wildcardsByEnds.add(host.slice(0, host.indexOf('*')), host.slice(host.lastIndexOf('*') + 1), wildcard)
    return wildcard
  }

  #matchingWildcards(name: string): readonly HostPaths[] {
    if (this.#wildcards.size === 0) return []
    const known = this.#wildcardsOf.get(name)
    if (known !== undefined) return known
    const candidates = this.#wildcardsByEnds.find(name)
    const matching = candidates.filter(({ pattern }) => pattern.test(name)).map(({ paths }) => paths)
    if (this.#wildcardsOf.size >= rememberedHosts) this.#wildcardsOf.clear()
    this.#wildcardsOf.set(name, matching)
    return matching
  }
}

interface Wildcard {
  readonly pattern: RegExp
  readonly paths: HostPaths
}

/** The paths of one host: for any port, and for the ports that a route names. */
class HostPaths {
  readonly #anyPort = new PathIndex()
  readonly #byPort = new Map<number, PathIndex>()
  /** The lowest order of all. */
  first = Infinity

  add(port: number | undefined, match: PathMatch, order: number): void {
    this.first = Math.min(this.first, order)
    const index = port === undefined ? this.#anyPort : upsert(this.#byPort, port, () => new PathIndex())
    index.add(match, order)
  }

  find(port: number | undefined, path: string): number {
    const anyPort = this.#anyPort.find(path)
    if (this.#byPort.size === 0) return anyPort
    const ports = port === undefined ? [80, 443] : [port]
    return Math.min(anyPort, ...ports.map((candidate) => this.#byPort.get(candidate)?.find(path) ?? Infinity))
  }
}

/** Each `*` stands for anything, dots too; everything else stands for itself. */
function wildcardPattern(host: string): RegExp {
  const parts = host.split('*').map((part) => part.replace(/[^a-z0-9]/g, (character) => `\\${character}`))
  return new RegExp(`^${parts.join('.*')}$`)
}

function upsert<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
