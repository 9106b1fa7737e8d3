import type { Server } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'

/** The standard health service (`grpc.health.v1`). Everything is NOT_SERVING until said otherwise. */
export class Health {
  readonly #implementation: HealthImplementation
  readonly #services: ReadonlySet<string>
  readonly #serving = new Set<string>()
  #draining = false

  /** `services`: full names, such as `postern.authorize.v1.Authorize`; the empty name stands for the whole server. */
  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services])
    this.#implementation = new HealthImplementation()
    for (const service of this.#services) this.#implementation.setStatus(service, 'NOT_SERVING')
  }

  addTo(server: Server): void {
    this.#implementation.addToServer(server)
  }

  setServing(service: string, serving: boolean): void {
    if (!this.#services.has(service) || this.#draining) return
    if (serving) this.#serving.add(service)
    else this.#serving.delete(service)
    this.#implementation.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING')
  }

  isServing(service: string): boolean {
    return this.#serving.has(service)
  }

  /** From now on nothing is serving, whatever is said later. */
  drain(): void {
    for (const service of this.#services) this.setServing(service, false)
    this.#draining = true
  }
}
