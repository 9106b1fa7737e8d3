import type { Clock } from '@postern/shared/clock.ts'
import type { Dispatcher } from 'undici'
import type { Http2Pool } from './http2-pool.ts'
import type { Pool } from './undici-pool.ts'
import type { Http2Outgoing } from './http2-stream.ts'
import { isTls, serverNameOf, type UpstreamAddress } from './upstream-address.ts'

const firstEjectionMs = 1_000
const longestEjectionMs = 30_000

/** Opens connections when there is something to send, and closes them. */
export interface PoolSource {
  open(): Pool
  close(pool: Pool): void
  openHttp2(): Http2Pool
  closeHttp2(pool: Http2Pool): void
}

export interface Outgoing extends Http2Outgoing {
  readonly headers: string[]
  /** The request loses something in HTTP/1.1: it goes by HTTP/2 where the upstream agrees to that. */
  readonly prefersHttp2: boolean
  /** Without a byte of the answer's body. 0: none. Over HTTP/2, whoever sends counts for himself. */
  readonly bodyTimeout: number
}

/** Connections to one upstream, with the number of requests that use or wait for one. */
export class Upstream {
  /** What TLS asks for; the `Host` header never decides that. */
  readonly #serverName: string | undefined
  readonly #address: UpstreamAddress
  readonly #source: PoolSource
  readonly #clock: Clock
  #pool: Pool | undefined
  #http2: Http2Pool | undefined
  #inFlight = 0
  #isRetired = false
  #ejectedUntilMs = 0
  #failures = 0

  constructor(source: PoolSource, address: UpstreamAddress, clock: Clock) {
    this.#source = source
    this.#address = address
    this.#serverName = serverNameOf(address)
    this.#clock = clock
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Always HTTP/2 for `h2c:`, by ALPN where there is TLS and the request needs it, else HTTP/1.1. */
  dispatch(outgoing: Outgoing, handler: Dispatcher.DispatchHandler): void {
    const mayUseHttp2 = this.#address.h2c || (outgoing.prefersHttp2 && isTls(this.#address))
    if (mayUseHttp2) this.#http2 ??= this.#source.openHttp2()
    if (mayUseHttp2 && this.#http2?.isSpoken === true) {
      this.#http2.dispatch(outgoing, handler, () => this.#dispatchHttp1(outgoing, handler))
    } else this.#dispatchHttp1(outgoing, handler)
  }

  #dispatchHttp1({ method, path, headers, body, bodyTimeout }: Outgoing, handler: Dispatcher.DispatchHandler): void {
    this.#pool ??= this.#source.open()
    const options = { method, path, headers, body, bodyTimeout }
    const servername = this.#serverName
    this.#pool.dispatch(servername === undefined ? options : withServerName(options, servername), handler)
  }

  begin(): void {
    this.#inFlight += 1
  }

  end(): void {
    this.#inFlight -= 1
    if (this.#isRetired && this.#inFlight === 0) this.#close()
  }

  /** No route has it any more. What is still under way, or about to be, is carried through; then nothing stays open. */
  retire(): void {
    this.#isRetired = true
    if (this.#inFlight === 0) this.#close()
  }

  #close(): void {
    if (this.#pool !== undefined) this.#source.close(this.#pool)
    this.#pool = undefined
    if (this.#http2 !== undefined) this.#source.closeHttp2(this.#http2)
    this.#http2 = undefined
  }

  /** It could not be reached a moment ago: where there is another, that one gets the request. */
  get isEjected(): boolean {
    return this.#failures > 0 && this.#clock.now().getTime() < this.#ejectedUntilMs
  }

  /** It answered. */
  reached(): void {
    this.#failures = 0
  }

  /** No connection came about. Each time in a row it is left alone twice as long, up to half a minute. */
  unreachable(): void {
    const pauseMs = Math.min(firstEjectionMs * 2 ** this.#failures, longestEjectionMs)
    if (!this.isEjected) this.#failures += 1
    this.#ejectedUntilMs = this.#clock.now().getTime() + pauseMs
  }
}

function withServerName<O extends object>(options: O, servername: string): O {
  return { ...options, servername }
}
