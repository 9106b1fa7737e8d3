import type { Clock } from '@postern/shared/clock.ts'
import { maxResponseHeaderBytes } from '../headers/response-headers.ts'
import { Http2Pool } from './http2-pool.ts'
import { Pool } from './undici-pool.ts'
import { isTls, keyOf, serverNameOf, socketPathOf, tlsOptions, type UpstreamAddress } from './upstream-address.ts'
import { Upstream } from './upstream.ts'

const connectTimeoutMs = 5_000
const connectionsPerUpstream = 512
/** Using a connection or waiting for one; what comes beyond is refused at once. */
export const maxInFlightPerUpstream = 2_048

/** Opens connections on demand, bounded, and closes them all. The only place that knows how upstreams are reached. */
export class UpstreamPools implements AsyncDisposable {
  readonly #upstreams = new Map<string, Upstream>()
  readonly #pools = new Set<Pool>()
  readonly #http2Pools = new Set<Http2Pool>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  find(address: UpstreamAddress): Upstream {
    const key = keyOf(address)
    const known = this.#upstreams.get(key)
    if (known !== undefined) return known
    const source = {
      open: () => this.#open(address),
      close: (pool: Pool) => void pool.close().then(() => this.#pools.delete(pool)),
      openHttp2: () => this.#openHttp2(address),
      closeHttp2: (pool: Http2Pool) => {
        pool.close()
        this.#http2Pools.delete(pool)
      },
    }
    const upstream = new Upstream(source, address, this.#clock)
    this.#upstreams.set(key, upstream)
    return upstream
  }

  /** Closes the connections of upstreams that no route has any more, once their last request is through. */
  retainOnly(used: ReadonlySet<Upstream>): void {
    for (const [key, upstream] of this.#upstreams) {
      if (used.has(upstream)) continue
      this.#upstreams.delete(key)
      upstream.retire()
    }
  }

  #open(address: UpstreamAddress): Pool {
    const pool = openPool(address)
    this.#pools.add(pool)
    return pool
  }

  #openHttp2(address: UpstreamAddress): Http2Pool {
    const pool = new Http2Pool(address)
    this.#http2Pools.add(pool)
    return pool
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pool of this.#http2Pools) pool.destroy()
    await Promise.all([...this.#pools].map((pool) => pool.destroy()))
    this.#upstreams.clear()
  }
}

function openPool(address: UpstreamAddress): Pool {
  const serverName = serverNameOf(address)
  const socketPath = socketPathOf(address)
  return new Pool(originOf(address), {
    connections: connectionsPerUpstream,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: maxResponseHeaderBytes,
    allowH2: false,
    pipelining: 1,
    connect: {
      timeout: connectTimeoutMs,
      rejectUnauthorized: !address.skipVerify,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...tlsOptions(address),
    },
  })
}

/** `localhost` is the loopback address, whatever a resolver says (pomerium-facts §2.4). */
function originOf(address: UpstreamAddress): string {
  const { url } = address
  if (url.protocol === 'unix:') return isTls(address) ? 'https://localhost' : 'http://localhost'
  const host = url.hostname === 'localhost' ? url.host.replace('localhost', '127.0.0.1') : url.host
  return `${url.protocol}//${host}`
}
