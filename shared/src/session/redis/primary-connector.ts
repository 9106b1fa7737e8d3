import { connect as connectTcp, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { AbstractConnector, type RedisOptions } from 'ioredis'
import type { RedisEndpoint } from '../../config/redis-url.ts'
import type { PrimaryLocator } from './primary-locator.ts'
import type { RedisAddress } from './redis-address.ts'

interface ConnectorParts {
  readonly locator: PrimaryLocator
  readonly address: RedisAddress
  readonly disconnectTimeoutMs: number
  /** Where the connection that is being opened leads. */
  readonly found: (endpoint: RedisEndpoint) => void
}

/** How ioredis opens a connection, and opens it again: to where the primary is at that moment. */
export function primaryConnector(parts: ConnectorParts): NonNullable<RedisOptions['Connector']> {
  return class extends PrimaryConnector {
    constructor() {
      super(parts)
    }
  }
}

class PrimaryConnector extends AbstractConnector {
  readonly #parts: ConnectorParts

  constructor(parts: ConnectorParts) {
    super(parts.disconnectTimeoutMs)
    this.#parts = parts
  }

  override async connect(): Promise<Socket> {
    const { locator } = this.#parts
    this.connecting = true
    delete this.firstError
    try {
      const endpoint = await locator.locate()
      this.stream = this.#isWanted() ? this.#open(endpoint) : closedSocket()
    } catch (error) {
      this.firstError = error as Error
      this.stream = closedSocket()
    }
    // Whatever else went wrong, ioredis takes a closed connection for what it is, and tries again in its time; an
    // exception would end it for good.
    // ioredis listens for one error. TLS may tell two, such as its own and then the other side's alert, and an error that
    // nobody listens for ends the process.
    this.stream.on('error', (error: Error) => (this.firstError ??= error))
    return this.stream
  }

  /** Sentinels and nodes that have not heard of a failover yet still name a replica: not connected, asked again. */
  override check(info: { readonly role?: string }): boolean {
    return !this.#parts.locator.mayMove || info.role === undefined || info.role === 'master'
  }

  /** `disconnect` may have been called meanwhile. */
  #isWanted(): boolean {
    return this.connecting
  }

  #open({ host, port }: RedisEndpoint): Socket {
    const tls = this.#parts.address.tlsFor?.(host)
    this.#parts.found({ host, port })
    return tls ? connectTls({ host, port, ...tls }) : connectTcp({ host, port })
  }
}

function closedSocket(): Socket {
  return new Socket().destroy()
}
