import type { Clock } from '../clock.ts'
import type { GoogleSecurity, ServiceName } from '../config/model.ts'
import { AudienceToken } from '../google-identity/audience-token.ts'
import { metadataMinter } from '../google-identity/metadata-minter.ts'
import { verifyGoogleIdToken } from '../jose/google-id-token.ts'
import { RemoteKeys } from '../jose/remote-keys.ts'
import type { Logger } from '../log/logger.ts'

/** Enough for every caller there is; a token lives an hour. */
const maxRemembered = 100

/**
 * The `authorization` value for calls to a service: the ID token of this machine's service account. One for each
 * channel; the metadata server hands out the same token to all.
 */
export function googleAuthorization(
  { audiences, metadataHost }: GoogleSecurity,
  service: ServiceName,
  deps: { readonly clock: Clock; readonly log: Logger },
): () => Promise<string> {
  const audience = audiences[service]
  if (audience === undefined) throw new TypeError(`no audience is known for ${service}`)
  const token = new AudienceToken(audience, metadataMinter(metadataHost), deps.log, deps.clock)
  return async () => `Bearer ${await token.take()}`
}

/**
 * Finds out which service a Google ID token speaks for: verified by Google's keys, made for us, its service account
 * configured for that service. Cloud Run has looked at a token too, but what it hands on has no signature, and where
 * everybody may invoke the service it has looked at nothing.
 */
export class GoogleCallers {
  readonly #security: GoogleSecurity
  readonly #self: ServiceName
  readonly #allowed: readonly ServiceName[]
  readonly #keys: RemoteKeys
  readonly #clock: Clock
  readonly #known = new Map<string, { readonly caller: ServiceName; readonly untilMs: number }>()

  constructor(
    security: GoogleSecurity,
    deps: { self: ServiceName; allowedCallers: readonly ServiceName[]; clock: Clock; keysUrl: URL },
  ) {
    this.#security = security
    this.#self = deps.self
    this.#allowed = deps.allowedCallers
    this.#clock = deps.clock
    this.#keys = new RemoteKeys('Google', () => deps.keysUrl, { clock: deps.clock })
  }

  /** @throws PosternError `IDP_UNAVAILABLE` when Google's keys cannot be had */
  async callerOf(authorization: string | undefined): Promise<ServiceName | undefined> {
    const token = /^Bearer ([\w.-]+)$/.exec(authorization ?? '')?.[1]
    if (token === undefined) return undefined
    const now = this.#clock.now()
    const known = this.#known.get(token)
    if (known && now.getTime() < known.untilMs) return known.caller
    const verdict = await verifyGoogleIdToken(token, this.#keys, now)
    if (verdict.kind === 'refused' || verdict.audience !== this.#security.audiences[this.#self]) return undefined
    const { email, expiresAtMs } = verdict
    const caller = this.#allowed.find(
      (service) => email !== undefined && this.#security.callers[service].includes(email),
    )
    if (caller !== undefined) this.#remember(token, caller, expiresAtMs)
    return caller
  }

  #remember(token: string, caller: ServiceName, untilMs: number): void {
    if (this.#known.size >= maxRemembered) this.#known.clear()
    this.#known.set(token, { caller, untilMs })
  }
}
