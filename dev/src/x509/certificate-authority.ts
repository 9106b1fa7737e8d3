import { createHash, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { systemClock, type Clock } from '@postern/shared/clock.ts'
import { systemRandom, type RandomBytes } from '@postern/shared/random.ts'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectId,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts'

/** PEM, both. */
export interface IssuedCertificate {
  readonly certificate: string
  readonly key: string
}

export interface CertificateRequest {
  readonly commonName: string
  readonly dnsNames: readonly string[]
  /** IPv4 only. */
  readonly ipAddresses?: readonly string[]
  readonly emails?: readonly string[]
  readonly uris?: readonly string[]
  /** Of Microsoft's directory. */
  readonly principalNames?: readonly string[]
  /** Default: 30 days. Negative: already expired, for tests. */
  readonly lifetimeMs?: number
}

interface Deps {
  readonly clock?: Clock
  readonly random?: RandomBytes
  /** Left out: signs itself. */
  readonly parent?: CertificateAuthority
}

const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'))
const days = 86_400_000

/**
 * A certificate authority for tests and for the quick start: EC P-256, version 3 certificates that are good for
 * servers and for clients (mutual TLS between the services).
 */
export class CertificateAuthority {
  readonly certificate: string
  readonly #name: Buffer
  readonly #key: KeyObject
  readonly #keyId: Buffer
  readonly #clock: Clock
  readonly #random: RandomBytes

  constructor(commonName: string, deps: Deps = {}) {
    this.#clock = deps.clock ?? systemClock
    this.#random = deps.random ?? systemRandom
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#key = privateKey
    this.#name = distinguishedName(commonName)
    const publicInfo = publicKey.export({ type: 'spki', format: 'der' })
    this.#keyId = keyIdentifier(publicInfo)
    this.certificate = (deps.parent ?? this).#sign(this.#name, publicInfo, 3650 * days, [
      extension('2.5.29.19', sequence(boolean(true)), true),
      extension('2.5.29.15', bitString(Buffer.of(0b0000_0110), 1), true), // keyCertSign, cRLSign
      extension('2.5.29.14', octetString(this.#keyId)),
    ])
  }

  issue(request: CertificateRequest): IssuedCertificate {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const publicInfo = publicKey.export({ type: 'spki', format: 'der' })
    const names = [
      ...request.dnsNames.map((name) => implicit(2, Buffer.from(name))),
      ...(request.ipAddresses ?? []).map((address) => implicit(7, ipBytes(address))),
      ...(request.emails ?? []).map((address) => implicit(1, Buffer.from(address))),
      ...(request.uris ?? []).map((uri) => implicit(6, Buffer.from(uri))),
      ...(request.principalNames ?? []).map((name) => explicit(0, principalName(name))),
    ]
    const certificate = this.#sign(distinguishedName(request.commonName), publicInfo, request.lifetimeMs ?? 30 * days, [
      extension('2.5.29.19', sequence(), true),
      extension('2.5.29.15', bitString(Buffer.of(0b1000_0000), 7), true), // digitalSignature
      extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'), objectId('1.3.6.1.5.5.7.3.2'))),
      extension('2.5.29.17', sequence(...names)),
      extension('2.5.29.14', octetString(keyIdentifier(publicInfo))),
      extension('2.5.29.35', sequence(implicit(0, this.#keyId))),
    ])
    return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
  }

  /** A revocation list (RFC 5280 5.1) as PEM. `lifetimeMs`: negative for one that is over. */
  revoke(certificates: readonly string[], lifetimeMs = 7 * days): string {
    const now = this.#clock.now().getTime()
    const made = time(new Date(Math.min(now, now + lifetimeMs) - 3_600_000))
    const revoked = certificates.map((certificate) => {
      const serial = Buffer.from(new X509Certificate(certificate).serialNumber, 'hex')
      return sequence(integer(serial), made)
    })
    const toBeSigned = sequence(
      integer(Buffer.of(1)),
      ecdsaWithSha256,
      this.#name,
      made,
      time(new Date(now + lifetimeMs)),
      ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
    )
    const signature = sign('sha256', toBeSigned, { key: this.#key, dsaEncoding: 'der' })
    return pem('X509 CRL', sequence(toBeSigned, ecdsaWithSha256, bitString(signature)))
  }

  /** RFC 5280 4.1. The start lies an hour back, for clocks that differ. */
  #sign(subject: Buffer, publicInfo: Buffer, lifetimeMs: number, extensions: readonly Buffer[]): string {
    const now = this.#clock.now().getTime()
    const toBeSigned = sequence(
      explicit(0, integer(Buffer.of(2))),
      integer(Buffer.concat([Buffer.of(0x40), this.#random(15)])),
      ecdsaWithSha256,
      this.#name,
      sequence(time(new Date(Math.min(now, now + lifetimeMs) - 3_600_000)), time(new Date(now + lifetimeMs))),
      subject,
      publicInfo,
      explicit(3, sequence(...extensions)),
    )
    const signature = sign('sha256', toBeSigned, { key: this.#key, dsaEncoding: 'der' })
    return pem('CERTIFICATE', sequence(toBeSigned, ecdsaWithSha256, bitString(signature)))
  }
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectId('2.5.4.3'), utf8String(commonName))))
}

/** RFC 7093 section 2, method 1: the first 160 bits of SHA-256. */
function keyIdentifier(publicInfo: Buffer): Buffer {
  return createHash('sha256').update(publicInfo).digest().subarray(0, 20)
}

/** OtherName: the kind, and the name (without the tag, which is the caller's). */
function principalName(name: string): Buffer {
  return Buffer.concat([objectId('1.3.6.1.4.1.311.20.2.3'), explicit(0, utf8String(name))])
}

function ipBytes(address: string): Buffer {
  if (!isIPv4(address)) throw new RangeError(`not an IPv4 address: ${address}`)
  return Buffer.from(address.split('.').map(Number))
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
