import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy on loopback that fails on command. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Passes everything on again, and listens again where it had stopped. Connections that hung stay as they are. */
  heal(): Promise<void>
  /** From now on every chunk takes so long, each way. */
  delay(ms: number): void
  /** Bytes go nowhere, in old connections and in new ones, which are still accepted: a network that drops packets. */
  blackHole(): void
  /** As `blackHole`, only for the connections that stand now. */
  blackHoleOpen(): void
  /** Ends all connections with RST. */
  reset(): void
  /** As `reset`, and refuses new connections. */
  refuse(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  isHung: boolean
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let mode: 'pass' | 'black-hole' = 'pass'
  let delayMs = 0

  const accept = (client: Socket): void => {
    const pair: Pair = { client, upstream: connect(targetPort, '127.0.0.1'), isHung: mode === 'black-hole' }
    pairs.add(pair)
    for (const socket of [client, pair.upstream]) socket.setNoDelay() // a chunk passed on is passed on now
    const pass = (to: Socket) => (chunk: Buffer) => {
      const write = (): void => {
        if (!pair.isHung && !to.destroyed) to.write(chunk)
      }
      if (delayMs === 0) write()
      else setTimeout(write, delayMs)
    }
    client.on('data', pass(pair.upstream))
    pair.upstream.on('data', pass(client))
    for (const [one, other] of [
      [client, pair.upstream],
      [pair.upstream, client],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => {
        pairs.delete(pair)
        // A black hole does not pass on an end either.
        if (!pair.isHung || one === client) other.destroy()
      })
    }
  }

  let server = createServer(accept)
  const port = await listen(server, 0)
  const reset = (): void => {
    for (const { client } of pairs) client.resetAndDestroy()
  }
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    reset()
    await once(server, 'close')
  }
  const hang = (): void => {
    for (const pair of pairs) pair.isHung = true
  }
  return {
    port,
    reset,
    refuse: stop,
    blackHoleOpen: hang,
    delay: (ms) => (delayMs = ms),
    blackHole() {
      mode = 'black-hole'
      hang()
    },
    async heal() {
      mode = 'pass'
      delayMs = 0
      if (server.listening) return
      server = createServer(accept)
      await listen(server, port)
    },
    [Symbol.asyncDispose]: stop,
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
