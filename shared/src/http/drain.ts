import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { ChurningSet } from '../collections/churning-set.ts'

export interface DrainOptions {
  /** How long what is in flight may take. Cloud Run kills ten seconds after SIGTERM. */
  readonly graceMs: number
  /** How often connections that became idle are closed meanwhile. */
  readonly sweepMs?: number
}

/** An upgraded connection, which the HTTP server no longer knows about. */
export interface Tunnel {
  /** Asks the peer to leave: a WebSocket close frame with 1001. */
  readonly goAway: () => void
  /** Ends it without asking. */
  readonly destroy: () => void
}

export interface Drain extends AsyncDisposable {
  /** True from the moment draining began: readiness is over. */
  readonly draining: boolean
  /** How many upgraded connections are open. */
  readonly tunnels: number
  /** Takes an upgraded connection into the drain; dispose of the result when it ended by itself. */
  track(tunnel: Tunnel): Disposable
  /** The same for a connection of another protocol of HTTP, which is no tunnel. */
  trackConnection(connection: Tunnel): Disposable
}

/**
 * Prepares a server for an orderly end; create it before the server gets its first request. Disposing of it stops
 * accepting, lets every response finish and says `Connection: close` on it, asks tunnels to leave, and after the
 * grace period ends whatever is left. `server.close()` alone would wait for keep-alive clients and tunnels.
 */
export function prepareDrain(server: Server, { graceMs, sweepMs = 100 }: DrainOptions): Drain {
  const inFlight = new ChurningSet<ServerResponse>()
  const tunnels = new Set<Tunnel>()
  const connections = new Set<Tunnel>()
  let draining: Promise<void> | undefined

  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (draining) response.shouldKeepAlive = false
    inFlight.add(response)
    response.once('close', () => inFlight.delete(response))
  })

  async function drain(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const response of inFlight.values()) response.shouldKeepAlive = false
    for (const leaving of [...tunnels, ...connections]) leaving.goAway()
    server.closeIdleConnections()
    const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
    const deadline = setTimeout(() => {
      for (const left of [...tunnels, ...connections]) left.destroy()
      server.closeAllConnections()
    }, graceMs)
    await closed
    clearInterval(sweep)
    clearTimeout(deadline)
  }

  function trackIn(set: Set<Tunnel>, tracked: Tunnel): Disposable {
    set.add(tracked)
    if (draining) tracked.goAway()
    return { [Symbol.dispose]: () => void set.delete(tracked) }
  }

  return {
    get draining() {
      return draining !== undefined
    },
    get tunnels() {
      return tunnels.size
    },
    track: (tunnel) => trackIn(tunnels, tunnel),
    trackConnection: (connection) => trackIn(connections, connection),
    [Symbol.asyncDispose]: () => (draining ??= drain()),
  }
}
