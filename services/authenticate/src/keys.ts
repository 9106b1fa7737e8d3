import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import { Sealer } from '@postern/shared/crypto/seal.ts'
import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import { Tickets } from '@postern/shared/session/ticket.ts'

/** What this service signs and seals with, each with a key of its own purpose. */
export interface Keys {
  /** Credentials of the route hosts. Authorize verifies them. */
  readonly routeCredentials: SessionCredentials
  /** The credential of the authenticate host itself. Nobody else has its key. */
  readonly ownCredentials: SessionCredentials
  readonly flowSealer: Sealer
  readonly tokenSealer: Sealer
  readonly tickets: Tickets
  readonly signedUrlKey: Buffer
}

export function deriveKeys(config: AuthenticateConfig, random: RandomBytes): Keys {
  const { sharedSecret, cookieSecret } = config
  const issuer = config.authenticateUrl.host
  return {
    routeCredentials: new SessionCredentials([deriveKey(sharedSecret, keyPurposes.sessionCredential)], issuer),
    ownCredentials: new SessionCredentials([deriveKey(cookieSecret, keyPurposes.authenticateCookie)], issuer),
    flowSealer: new Sealer([deriveKey(cookieSecret, 'flow')], random),
    tokenSealer: new Sealer([deriveKey(sharedSecret, keyPurposes.idpTokens)], random),
    tickets: new Tickets(new Sealer([deriveKey(sharedSecret, keyPurposes.ticket)], random), random),
    signedUrlKey: deriveKey(sharedSecret, keyPurposes.signedUrl),
  }
}
