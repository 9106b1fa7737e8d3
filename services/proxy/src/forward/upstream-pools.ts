import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Pool } from 'undici'
import { maxResponseHeaders } from '../headers/response-headers.ts'

/** How to reach one upstream. Equal ones share their connections. */
export interface UpstreamAddress {
  /** `http:`, `https:`, or `unix:` with the socket's path. */
  readonly url: URL
  readonly skipVerify: boolean
  readonly serverName: string | undefined
  readonly caFile: string | undefined
}

/** Connections to one upstream, with the number of requests that use or wait for one. */
export interface Upstream {
  readonly pool: Pool
  /** What TLS asks for; the `Host` header never decides that. */
  readonly serverName: string | undefined
  inFlight: number
}

const connectTimeoutMs = 5_000
const connectionsPerUpstream = 512
/** Using a connection or waiting for one; what comes beyond is refused at once. */
export const maxInFlightPerUpstream = 2_048
const maxResponseHeaderBytes = 128 * maxResponseHeaders

/** Opens connections on demand, bounded, and closes them all. The only place that knows how upstreams are reached. */
export class UpstreamPools implements AsyncDisposable {
  readonly #upstreams = new Map<string, Upstream>()

  find(address: UpstreamAddress): Upstream {
    const key = JSON.stringify([address.url.href, address.skipVerify, address.serverName, address.caFile])
    const known = this.#upstreams.get(key)
    if (known !== undefined) return known
    const upstream = open(address)
    this.#upstreams.set(key, upstream)
    return upstream
  }

  /** Closes the connections of upstreams that no route has any more, once their last request is through. */
  retainOnly(used: ReadonlySet<Upstream>): void {
    for (const [key, upstream] of this.#upstreams) {
      if (used.has(upstream)) continue
      this.#upstreams.delete(key)
      void upstream.pool.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map(({ pool }) => pool.destroy()))
    this.#upstreams.clear()
  }
}

function open(address: UpstreamAddress): Upstream {
  const { url, skipVerify, caFile } = address
  const serverName = address.serverName ?? (isIP(bareHostName(url)) === 0 ? bareHostName(url) : undefined)
  const pool = new Pool(originOf(url), {
    connections: connectionsPerUpstream,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: maxResponseHeaderBytes,
    connect: {
      timeout: connectTimeoutMs,
      rejectUnauthorized: !skipVerify,
      ...(url.protocol === 'unix:' ? { socketPath: decodeURIComponent(url.pathname) } : {}),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    },
  })
  return { pool, serverName, inFlight: 0 }
}

/** `localhost` is the loopback address, whatever a resolver says (pomerium-facts §2.4). */
function originOf(url: URL): string {
  if (url.protocol === 'unix:') return 'http://localhost'
  const host = url.hostname === 'localhost' ? url.host.replace('localhost', '127.0.0.1') : url.host
  return `${url.protocol}//${host}`
}

function bareHostName(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}
