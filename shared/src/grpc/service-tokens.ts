import type { Clock } from '../clock.ts'
import type { ServiceName } from '../config/model.ts'
import { signServiceToken, verifyServiceToken } from '../jose/service-token.ts'

const lifetimeMs = 60_000
const reuseMs = 30_000
const services: readonly ServiceName[] = ['proxy', 'authorize', 'authenticate']

/**
 * The tokens with which services prove themselves under shared-secret security: `Bearer <JWS>`, HS256, one minute,
 * issuer the caller, audience the service called. The keys are derived from the shared secrets for this purpose alone, so
 * nothing else that those secrets sign passes as one.
 */
export class ServiceTokens {
  readonly #keys: readonly Buffer[]
  readonly #first: Buffer
  readonly #self: ServiceName
  readonly #clock: Clock
  readonly #issued = new Map<ServiceName, { readonly token: Promise<string>; readonly untilMs: number }>()

  /** The first key signs, all verify. */
  constructor(keys: readonly Buffer[], self: ServiceName, clock: Clock) {
    const [first] = keys
    if (!first) throw new TypeError('service tokens need a key')
    this.#keys = keys
    this.#first = first
    this.#self = self
    this.#clock = clock
  }

  /** The `authorization` value for calls to this service. One signature serves half a minute of calls. */
  authorizationFor(audience: ServiceName): Promise<string> {
    const nowMs = this.#clock.now().getTime()
    const issued = this.#issued.get(audience)
    if (issued && nowMs < issued.untilMs) return issued.token
    const claims = { issuer: this.#self, audience, issuedAtMs: nowMs, expiresAtMs: nowMs + lifetimeMs }
    const token = signServiceToken(claims, this.#first).then((jws) => `Bearer ${jws}`)
    this.#issued.set(audience, { token, untilMs: nowMs + reuseMs })
    return token
  }

  /** The service that made this token for us; `undefined` for anything that is not exactly one. */
  async verify(authorization: string): Promise<ServiceName | undefined> {
    const token = /^Bearer ([\w.-]+)$/.exec(authorization)?.[1]
    if (token === undefined) return undefined
    for (const key of this.#keys) {
      const issuer = await verifyServiceToken(token, key, this.#self, this.#clock.now())
      const caller = services.find((service) => service === issuer)
      if (caller) return caller
    }
    return undefined
  }
}
