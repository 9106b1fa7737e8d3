import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'

export type JwsAlgorithm = 'HS256' | 'ES256' | 'RS256'

/** A key that signs, or verifies, or both, with one algorithm only: the token's header never chooses. */
export interface JwsKey {
  readonly algorithm: JwsAlgorithm
  /** Named in the header of what is signed; `undefined` for keys that are never published. */
  readonly keyId: string | undefined
  readonly signing: CryptoKey | undefined
  readonly verification: CryptoKey
}

/** A key pair whose public half may be published. */
export interface SigningKey extends JwsKey {
  readonly keyId: string
  readonly signing: CryptoKey
  readonly publicJwk: PublicJwk
}

/** A public key as RFC 7517 writes it. */
export interface PublicJwk {
  readonly kty: string
  readonly kid: string
  readonly alg: JwsAlgorithm
  readonly use: 'sig'
  readonly [member: string]: string
}

const parameters = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const

/** A symmetric key, for what only our own services read. */
export function hmacKey(key: Buffer): JwsKey {
  const imported = createSecretKey(key).toCryptoKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
  return { algorithm: 'HS256', keyId: undefined, signing: imported, verification: imported }
}

/** The Web Crypto halves of a private key. */
export function importPair(
  privateKey: KeyObject,
  algorithm: 'ES256' | 'RS256',
): { readonly signing: CryptoKey; readonly verification: CryptoKey; readonly publicKey: KeyObject } {
  const publicKey = createPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return {
    publicKey,
    signing: privateKey.toCryptoKey(parameters[algorithm], false, ['sign']),
    verification: publicKey.toCryptoKey(parameters[algorithm], false, ['verify']),
  }
}

/** The algorithm that fits a private key; `undefined` for kinds that upstream libraries do not read everywhere. */
export function algorithmOf(privateKey: KeyObject): 'ES256' | 'RS256' | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = privateKey
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256'
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'RS256'
  return undefined
}

/** A P-256 private key with this secret scalar. */
export function p256FromScalar(scalar: Buffer): KeyObject {
  // SEC 1, C.4: SEQUENCE { version 1, OCTET STRING scalar, [0] OID prime256v1 }
  const der = Buffer.concat([
    Buffer.from('30310201010420', 'hex'),
    scalar,
    Buffer.from('a00a06082a8648ce3d030107', 'hex'),
  ])
  return createPrivateKey({ key: der, format: 'der', type: 'sec1' })
}
