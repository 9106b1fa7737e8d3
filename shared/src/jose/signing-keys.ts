import { createPrivateKey, hash, type KeyObject } from 'node:crypto'
import type { SigningKeyConfig } from '../config/model.ts'
import { deriveBytes } from '../crypto/keys.ts'
import { PosternError } from '../errors/postern-error.ts'
import type { Secret } from '../secret.ts'
import { algorithmOf, importPair, p256FromScalar, type PublicJwk, type SigningKey } from './signing-key.ts'

/** Pomerium's name for the derivation; the derived key is ours, not the same as Pomerium's. */
const derivedKeyPurpose = 'derived-jwt-signing-key'
/** FIPS 186-5, A.2.1: 64 bits more than the order has make the bias of the remainder negligible. */
const scalarSeedBytes = 40
const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const pemBlock = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/g

/**
 * The keys of identity assertions: the first signs, all are published. Those of the configuration, or one derived from
 * each shared secret, which is the same on every replica.
 *
 * @throws PosternError CONFIG_INVALID when there is no private key, or one of a kind that is not supported.
 */
export function importSigningKeys(config: SigningKeyConfig, sharedSecrets: readonly Secret[]): readonly SigningKey[] {
  if (config.kind === 'derived') return sharedSecrets.map((secret) => signingKeyOf(derivedPrivateKey(secret)))
  const blocks = config.pem.reveal().match(pemBlock) ?? []
  if (blocks.length === 0) throw new PosternError('CONFIG_INVALID', 'signing_key holds no PEM private key')
  return blocks.map((pem) => signingKeyOf(readPrivateKey(pem)))
}

/** What may be published: an RFC 7517 JWK set with the public halves of all keys. */
export function publicKeySet(keys: readonly SigningKey[]): { readonly keys: readonly PublicJwk[] } {
  return { keys: keys.map((key) => key.publicJwk) }
}

function signingKeyOf(privateKey: KeyObject): SigningKey {
  const algorithm = algorithmOf(privateKey)
  if (!algorithm)
    throw new PosternError('CONFIG_INVALID', 'signing_key must be an EC key on P-256 or RSA from 2048 bits')
  const { signing, verification, publicKey } = importPair(privateKey, algorithm)
  const members = publicMembers(publicKey)
  const kid = thumbprint(members)
  return {
    algorithm,
    keyId: kid,
    signing,
    verification,
    publicJwk: { ...members, kty: members['kty'] ?? '', kid, alg: algorithm, use: 'sig' },
  }
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // Without the cause: OpenSSL's messages are not written with secrets in mind.
    throw new PosternError('CONFIG_INVALID', 'signing_key holds a PEM private key that cannot be read')
  }
}

function derivedPrivateKey(sharedSecret: Secret): KeyObject {
  const seed = BigInt(`0x${deriveBytes(sharedSecret, derivedKeyPurpose, scalarSeedBytes).toString('hex')}`)
  const scalar = (seed % (p256Order - 1n)) + 1n
  return p256FromScalar(Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex'))
}

/** The required members in the order that RFC 7638, section 3.2 hashes them: by name. */
function publicMembers(publicKey: KeyObject): Record<string, string> {
  const jwk = publicKey.export({ format: 'jwk' })
  const names = jwk['kty'] === 'EC' ? ['crv', 'kty', 'x', 'y'] : ['e', 'kty', 'n']
  return Object.fromEntries(names.map((name) => [name, String(jwk[name])]))
}

/** RFC 7638 over SHA-256, in hex as Pomerium's key ids are. */
function thumbprint(members: Record<string, string>): string {
  return hash('sha256', JSON.stringify(members), 'hex')
}
