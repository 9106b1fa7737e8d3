import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import { type RandomBytes, systemRandom } from '../random.ts'
import { decodeBase64url } from './base64url.ts'

const algorithm = 'aes-256-gcm'
const format = 1
const keyIdBytes = 4
const nonceBytes = 12
const tagBytes = 16
const headBytes = 1 + keyIdBytes
const overheadBytes = headBytes + nonceBytes + tagBytes
/** Far above the largest set of IdP tokens; a bound on the work that somebody else's bytes can cause. */
const maxSealedChars = 1 << 20

interface SealingKey {
  readonly id: Buffer
  readonly key: Buffer
}

/**
 * Boxes that only holders of the key can make and look into (AES-256-GCM). The purpose is authenticated with the text:
 * what was sealed for one purpose does not open for another. The first key seals, all keys open, so that keys can be
 * replaced without losing what is sealed already. Random 96-bit nonces allow 2^32 boxes per key (NIST SP 800-38D, 8.3).
 *
 * A box is base64url of: format (1 byte), key id (4), nonce (12), ciphertext, tag (16).
 */
export class Sealer {
  readonly #keys: readonly SealingKey[]
  readonly #first: SealingKey
  readonly #random: RandomBytes

  constructor(keys: readonly Buffer[], random: RandomBytes = systemRandom) {
    this.#keys = keys.map((key) => ({ key, id: keyId(key) }))
    const first = this.#keys[0]
    if (!first) throw new TypeError('a sealer needs a key')
    this.#first = first
    this.#random = random
  }

  seal(text: string, purpose: string): string {
    const head = Buffer.concat([Buffer.of(format), this.#first.id])
    const nonce = this.#random(nonceBytes)
    const cipher = createCipheriv(algorithm, this.#first.key, nonce).setAAD(associatedData(head, purpose))
    const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([head, nonce, ciphertext, cipher.getAuthTag()]).toString('base64url')
  }

  /** The sealed text; `undefined` for everything that was not sealed with one of the keys for this very purpose. */
  open(sealed: string, purpose: string): string | undefined {
    const box = sealed.length > maxSealedChars ? undefined : decodeBase64url(sealed)
    if (!box || box.length < overheadBytes || box[0] !== format) return undefined
    const head = box.subarray(0, headBytes)
    const id = head.subarray(1)
    for (const { key } of this.#keys.filter((candidate) => candidate.id.equals(id))) {
      const text = openWith(key, box, associatedData(head, purpose))
      if (text !== undefined) return text
    }
    return undefined
  }
}

function openWith(key: Buffer, box: Buffer, aad: Buffer): string | undefined {
  const nonce = box.subarray(headBytes, headBytes + nonceBytes)
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(aad).setAuthTag(box.subarray(-tagBytes))
  const text = decipher.update(box.subarray(headBytes + nonceBytes, -tagBytes))
  try {
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch {
    return undefined // `final` throws when the tag does not fit: this is how Node says "not authentic"
  }
}

function associatedData(head: Buffer, purpose: string): Buffer {
  return Buffer.concat([head, Buffer.from(purpose, 'utf8')])
}

/** Tells keys apart without telling anything about them: a hash of a 256-bit random key. */
function keyId(key: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from('sealing key id'), key]), 'buffer').subarray(0, keyIdBytes)
}
