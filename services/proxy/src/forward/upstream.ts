import type { Clock } from '@postern/shared/clock.ts'
import type { Dispatcher, Pool } from 'undici'

const firstEjectionMs = 1_000
const longestEjectionMs = 30_000

/** Opens connections when there is something to send, and closes them. */
export interface PoolSource {
  open(): Pool
  close(pool: Pool): void
}

/** Connections to one upstream, with the number of requests that use or wait for one. */
export class Upstream {
  /** What TLS asks for; the `Host` header never decides that. */
  readonly serverName: string | undefined
  readonly #source: PoolSource
  readonly #clock: Clock
  #pool: Pool | undefined
  #inFlight = 0
  #isRetired = false
  #ejectedUntilMs = 0
  #failures = 0

  constructor(source: PoolSource, serverName: string | undefined, clock: Clock) {
    this.#source = source
    this.serverName = serverName
    this.#clock = clock
  }

  get inFlight(): number {
    return this.#inFlight
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool ??= this.#source.open()
    this.#pool.dispatch(options, handler)
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
