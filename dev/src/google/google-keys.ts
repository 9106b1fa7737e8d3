import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { exportJWK, SignJWT, type CryptoKey, type JSONWebKeySet, type KeyObject } from 'jose'
import type { Clock } from '@postern/shared/clock.ts'

/** The Google account that a token speaks for. */
export interface ServiceAccount {
  readonly email: string
  /** Numeric, as a string: `sub` and `azp`. */
  readonly uniqueId: string
}

export const proxyServiceAccount: ServiceAccount = {
  email: 'postern-proxy@example-project.iam.gserviceaccount.com',
  uniqueId: '104857600000000000001',
}

/** Google's signing key, as far as this machine is concerned: signs ID tokens, publishes the key set. */
export class GoogleKeys {
  readonly keySet: JSONWebKeySet
  readonly #key: CryptoKey | KeyObject
  readonly #keyId: string

  private constructor(key: CryptoKey | KeyObject, keyId: string, keySet: JSONWebKeySet) {
    this.#key = key
    this.#keyId = keyId
    this.keySet = keySet
  }

  static async create(keyId = 'postern-dev-google-key'): Promise<GoogleKeys> {
    const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    const jwk = { ...(await exportJWK(publicKey)), kid: keyId, alg: 'RS256', use: 'sig' }
    return new GoogleKeys(privateKey, keyId, { keys: [jwk] })
  }

  /** An ID token as Cloud Run's metadata server issues it; `claims` overrides, for tokens that must be refused. */
  async idToken(
    account: ServiceAccount,
    audience: string,
    options: { clock: Clock; lifetimeSeconds: number; claims?: Readonly<Record<string, unknown>> },
  ): Promise<string> {
    const issuedAt = Math.floor(options.clock.now().getTime() / 1000)
    return new SignJWT({
      iss: 'https://accounts.google.com',
      aud: audience,
      azp: account.uniqueId,
      sub: account.uniqueId,
      email: account.email,
      email_verified: true,
      iat: issuedAt,
      exp: issuedAt + options.lifetimeSeconds,
      ...options.claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: this.#keyId, typ: 'JWT' })
      .sign(this.#key)
  }
}
