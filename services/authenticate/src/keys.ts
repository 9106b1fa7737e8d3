import { deriveKey, keyPurposes, sharedKeys } from '@postern/shared/crypto/keys.ts'
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
  readonly signedUrlKeys: readonly Buffer[]
}

/** The first key of each purpose makes, all are accepted: secrets can be replaced while people stay signed in. */
export function deriveKeys(config: AuthenticateConfig, random: RandomBytes): Keys {
  const { cookieSecret, acceptedCookieSecrets = [] } = config
  const issuer = config.authenticateUrl.host
  const cookieKeys = (purpose: string) =>
    [cookieSecret, ...acceptedCookieSecrets].map((secret) => deriveKey(secret, purpose))
  return {
    routeCredentials: new SessionCredentials(sharedKeys(config, keyPurposes.sessionCredential), issuer),
    ownCredentials: new SessionCredentials(cookieKeys(keyPurposes.authenticateCookie), issuer),
    flowSealer: new Sealer(cookieKeys('flow'), random),
    tokenSealer: new Sealer(sharedKeys(config, keyPurposes.idpTokens), random),
    tickets: new Tickets(new Sealer(sharedKeys(config, keyPurposes.ticket), random), random),
    signedUrlKeys: sharedKeys(config, keyPurposes.signedUrl),
  }
}
