import { hkdfSync } from 'node:crypto'
import { PosternError } from '../errors/postern-error.ts'
import type { Secret } from '../secret.ts'

/** Keys are derived per purpose, so that nothing made for one purpose can be taken for something made for another. */
export const keyPurposes = {
  signedUrl: 'signed-url',
  sessionCredential: 'session-credential',
  ticket: 'ticket',
  idpTokens: 'idp-tokens',
  /** From the cookie secret, which only authenticate has. */
  authenticateCookie: 'authenticate-cookie',
} as const

const keyBytes = 32
const salt = 'postern'

/**
 * Derives the 32-byte key of one purpose (HKDF-SHA256, RFC 5869).
 *
 * @throws PosternError CONFIG_INVALID when the secret is not base64 of at least 32 bytes.
 */
export function deriveKey(secret: Secret, purpose: string): Buffer {
  return deriveBytes(secret, purpose, keyBytes)
}

/** A secret, and those that are accepted beside it while one replaces the other. */
export interface SharedSecrets {
  readonly sharedSecret: Secret
  readonly acceptedSharedSecrets?: readonly Secret[]
}

/** All shared secrets, the one that signs and seals first. */
export function sharedSecretsOf({ sharedSecret, acceptedSharedSecrets = [] }: SharedSecrets): readonly Secret[] {
  return [sharedSecret, ...acceptedSharedSecrets]
}

/**
 * The keys of one purpose, one for each shared secret, in the same order: the first makes, all are accepted.
 *
 * @throws PosternError CONFIG_INVALID when a secret is not base64 of at least 32 bytes.
 */
export function sharedKeys(secrets: SharedSecrets, purpose: string): readonly Buffer[] {
  return sharedSecretsOf(secrets).map((secret) => deriveKey(secret, purpose))
}

/** As `deriveKey`, with as many bytes as asked for. */
export function deriveBytes(secret: Secret, purpose: string, size: number): Buffer {
  return Buffer.from(hkdfSync('sha256', decodeSecret(secret), salt, purpose, size))
}

function decodeSecret(secret: Secret): Buffer {
  const text = secret.reveal().trim()
  const bytes = Buffer.from(text, 'base64')
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text) || bytes.length < keyBytes) {
    throw new PosternError('CONFIG_INVALID', `a secret is not base64 of at least ${String(keyBytes)} bytes`)
  }
  return bytes
}
