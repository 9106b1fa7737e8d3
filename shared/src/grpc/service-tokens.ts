import type { Clock } from '../clock.ts'
import type { ServiceName } from '../config/model.ts'
import { signServiceToken, verifyServiceToken } from '../jose/service-token.ts'

const lifetimeMs = 60_000
const reuseMs = 30_000
const services: readonly ServiceName[] = ['proxy', 'authorize', 'authenticate']

/**
 * The tokens with which services prove themselves under shared-secret security: `Bearer <JWS>`, HS256, one minute,
 * issuer the caller, audience the service called. `key` is derived from the shared secret for this purpose alone, so
 * nothing else that secret signs passes as one.
 */
export class ServiceTokens {
  readonly #key: Buffer
  readonly #self: ServiceName
  readonly #clock: Clock
  readonly #issued = new Map<ServiceName, { readonly token: Promise<string>; readonly untilMs: number }>()

  constructor(key: Buffer, self: ServiceName, clock: Clock) {
    this.#key = key
    this.#self = self
    this.#clock = clock
  }

  /** The `authorization` value for calls to this service. One signature serves half a minute of calls. */
  authorizationFor(audience: ServiceName): Promise<string> {
    const nowMs = this.#clock.now().getTime()
    const issued = this.#issued.get(audience)
    if (issued && nowMs < issued.untilMs) return issued.token
    const claims = { issuer: this.#self, audience, issuedAtMs: nowMs, expiresAtMs: nowMs + lifetimeMs }
    const token = signServiceToken(claims, this.#key).then((jws) => `Bearer ${jws}`)
    this.#issued.set(audience, { token, untilMs: nowMs + reuseMs })
    return token
  }

  /** The service that made this token for us; `undefined` for anything that is not exactly one. */
  async verify(authorization: string): Promise<ServiceName | undefined> {
    const token = /^Bearer ([\w.-]+)$/.exec(authorization)?.[1]
    if (token === undefined) return undefined
    const issuer = await verifyServiceToken(token, this.#key, this.#self, this.#clock.now())
    return services.find((service) => service === issuer)
  }
}
