/** One of the servers that are named; without a port, the usual one. */
export interface RedisEndpoint {
  readonly host: string
  readonly port: number
}

/** How the primary is found: it is named, sentinels know it, or any node of a cluster does. */
export type RedisTopology =
  | { readonly kind: 'standalone'; readonly endpoint: RedisEndpoint }
  | { readonly kind: 'sentinel'; readonly sentinels: readonly RedisEndpoint[]; readonly primaryName: string }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisEndpoint[] }

/** What a Redis URL says. Holds the password: never log it. */
export interface RedisUrl {
  readonly kind: 'redis'
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly topology: RedisTopology
  readonly db: number
}

/** `why` never repeats the text, which may hold a password. */
export type ParsedRedisUrl = RedisUrl | { readonly kind: 'malformed'; readonly why: string }

const form = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/([^/?#]*)(?:\/([^?#]*))?/
const place = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i
const usualPorts = { standalone: 6379, cluster: 6379, sentinel: 26_379 } as const

/**
 * Reads one of these, with `rediss` for TLS; user and password are percent-encoded, and may be left out:
 *
 *     redis://user:password@host:6379/db
 *     redis+sentinel://user:password@sentinel-1:26379,sentinel-2:26379/primary-name/db
 *     redis+cluster://user:password@node-1:6379,node-2:6379
 *
 * Nothing else of the URL counts: a query cannot change how the client behaves.
 */
export function parseRedisUrl(text: string): ParsedRedisUrl {
  const [, secure, kind = 'standalone', authority = '', path = ''] = form.exec(text.trim()) ?? []
  if (secure === undefined) return malformed('not a Redis URL; expected rediss://user:password@host:6379/0')
  const at = authority.lastIndexOf('@')
  const person = parseUser(authority.slice(0, Math.max(0, at)))
  if (!person) return malformed('the user or the password is not percent-encoded')
  const topology = parseTopology(kind as RedisTopology['kind'], authority.slice(at + 1), path)
  if ('why' in topology) return topology
  return { kind: 'redis', tls: secure === 's', ...person, ...topology }
}

function parseUser(text: string): Pick<RedisUrl, 'username' | 'password'> | undefined {
  const [username = '', ...rest] = text.split(':')
  const [user, password] = [decode(username), decode(rest.join(':'))]
  if (user === undefined || password === undefined) return undefined
  return { username: user === '' ? undefined : user, password: password === '' ? undefined : password }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined // a stray "%"
  }
}

type Found = Pick<RedisUrl, 'topology' | 'db'> | Extract<ParsedRedisUrl, { kind: 'malformed' }>

function parseTopology(kind: RedisTopology['kind'], hosts: string, path: string): Found {
  const endpoints = hosts.split(',').map((host) => parseEndpoint(host, usualPorts[kind]))
  const [first] = endpoints
  if (!first || !endpoints.every((endpoint) => endpoint !== undefined)) {
    return malformed('expected host:port after rediss://, several separated by commas for sentinels and clusters')
  }
  const [name, dbText = ''] = kind === 'sentinel' ? path.split('/', 2) : ['', path]
  if (!/^\d{0,3}$/.test(dbText)) return malformed('the number of the database goes last: /0')
  const db = Number(dbText)
  if (kind === 'standalone') {
    if (endpoints.length > 1) return malformed('several hosts; expected redis+sentinel:// or redis+cluster://')
    return { topology: { kind, endpoint: first }, db }
  }
  if (kind === 'cluster') {
    return db === 0 ? { topology: { kind, nodes: endpoints }, db } : malformed('a cluster has no numbered databases')
  }
  const primaryName = decode(name ?? '')
  if (!primaryName)
    return malformed('expected the name of the primary, as sentinels know it, after the hosts: /mymaster')
  return { topology: { kind, sentinels: endpoints, primaryName }, db }
}

function parseEndpoint(text: string, usualPort: number): RedisEndpoint | undefined {
  const [, address, name, port = String(usualPort)] = place.exec(text) ?? []
  const host = address ?? name
  return host !== undefined && Number(port) >= 1 && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined
}

function malformed(why: string): { readonly kind: 'malformed'; readonly why: string } {
  return { kind: 'malformed', why }
}
