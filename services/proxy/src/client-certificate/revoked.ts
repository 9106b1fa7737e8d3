import { derTags, readDer, type DerElement } from './der.ts'

/** Which certificates are revoked: by issuer and serial number (RFC 5280, 5.1). */
export interface Revoked {
  has(certificateDer: Buffer): boolean
}

/**
 * Reads revocation lists. TLS verifies them, and what they say of a certificate, when a client connects; this is for the
 * connections that are open when a list comes.
 * @throws RangeError for what is no list
 */
export function readRevoked(lists: readonly string[]): Revoked {
  const revoked = new Set(lists.flatMap((list) => revokedIn(derOf(list))))
  return { has: (der) => revoked.size > 0 && revoked.has(nameOf(der)) }
}

/** TBSCertList: version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates, extensions. */
function revokedIn(der: Buffer): readonly string[] {
  const fields = [...fieldsOfSigned(der)]
  if (fields[0]?.tag === derTags.integer) fields.shift()
  const [, issuer, ...rest] = fields
  const entries = rest.find(({ tag }) => tag === derTags.sequence)
  if (issuer === undefined) throw new RangeError('a revocation list without an issuer')
  return readDer(entries?.content ?? Buffer.alloc(0)).map(({ content }) => key(issuer, readDer(content)[0]))
}

/** TBSCertificate: version, serialNumber, signature, issuer, … */
function nameOf(der: Buffer): string {
  const fields = [...fieldsOfSigned(der)]
  if (fields[0]?.tag === derTags.explicit0) fields.shift()
  const [serial, , issuer] = fields
  if (issuer === undefined) throw new RangeError('a certificate without an issuer')
  return key(issuer, serial)
}

function key(issuer: DerElement, serial: DerElement | undefined): string {
  if (serial?.tag !== derTags.integer) throw new RangeError('no serial number where one belongs')
  return `${serial.content.toString('hex')} ${issuer.whole.toString('hex')}`
}

/** What is signed stands first, then the algorithm and the signature. */
function fieldsOfSigned(der: Buffer): readonly DerElement[] {
  const [signed] = readDer(der)
  const [toBeSigned] = readDer(signed?.content ?? Buffer.alloc(0))
  return readDer(toBeSigned?.content ?? Buffer.alloc(0))
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
}
