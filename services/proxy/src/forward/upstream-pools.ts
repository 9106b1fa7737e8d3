import type { Clock } from '@postern/shared/clock.ts'
import { Pool } from 'undici'
import { maxResponseHeaders } from '../headers/response-headers.ts'
import { isTls, keyOf, serverNameOf, socketPathOf, tlsOptions, type UpstreamAddress } from './upstream-address.ts'
import { Upstream } from './upstream.ts'

const connectTimeoutMs = 5_000
const connectionsPerUpstream = 512
/** Of HTTP/2, where one connection carries many requests. */
const streamsPerConnection = 100
/** Using a connection or waiting for one; what comes beyond is refused at once. */
export const maxInFlightPerUpstream = 2_048
const maxResponseHeaderBytes = 128 * maxResponseHeaders

/** Opens connections on demand, bounded, and closes them all. The only place that knows how upstreams are reached. */
export class UpstreamPools implements AsyncDisposable {
  readonly #upstreams = new Map<string, Upstream>()
  readonly #pools = new Set<Pool>()
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
    }
    const upstream = new Upstream(source, serverNameOf(address), this.#clock)
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

  async [Symbol.asyncDispose](): Promise<void> {
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
    ...(address.h2c ? withH2c : withoutH2),
    connect: {
      timeout: connectTimeoutMs,
      rejectUnauthorized: !address.skipVerify,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...tlsOptions(address),
    },
  })
}

const withoutH2 = { allowH2: false, pipelining: 1 }
/** All the first requests wait for one connection instead of opening one each. */
const withH2c = {
  allowH2: true,
  useH2c: true,
  h2Options: { maxConcurrentStreams: streamsPerConnection },
}

/** `localhost` is the loopback address, whatever a resolver says (pomerium-facts §2.4). */
function originOf(address: UpstreamAddress): string {
  const { url } = address
  if (url.protocol === 'unix:') return isTls(address) ? 'https://localhost' : 'http://localhost'
  const host = url.hostname === 'localhost' ? url.host.replace('localhost', '127.0.0.1') : url.host
  return `${url.protocol}//${host}`
}
