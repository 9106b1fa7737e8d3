import { X509Certificate } from 'node:crypto'
import type { ConfigPath } from '../config-issue.ts'
import type { CertificatePair } from '../model.ts'
import { Secret } from '../../secret.ts'
import { isBase64 } from '../source/route-list-variable.ts'
import { readNamedFile } from './assembly.ts'
import type { Assembly } from './assembly.ts'
import { parsePrivateKey } from './secrets.ts'

/** A PEM text that the configuration gives, and the key at which it does. */
export interface PemText {
  readonly text: string | undefined
  readonly path: ConfigPath
  /** What holds it, for messages. */
  readonly holder: string
}

/** The content of the file that a key names. */
export function pemFromFile(assembly: Assembly, file: string, path: ConfigPath): PemText {
  return { text: readNamedFile(assembly, file, path), path, holder: `the file ${file}` }
}

/** A key's value: base64 of PEM, wrapped or not; PEM itself does too. */
export function pemFromValue({ report }: Pick<Assembly, 'report'>, value: string, path: ConfigPath): PemText {
  const holder = 'this'
  if (value.includes('-----BEGIN')) return { text: value, path, holder }
  const compact = value.replace(/\s+/g, '')
  const text = isBase64(compact) ? Buffer.from(compact, 'base64').toString('utf8') : undefined
  if (text === undefined) report.error(path, 'expected base64 of PEM')
  return { text, path, holder }
}

/** A certificate and its key, checked: both can be read, and they belong together. */
export function readCertificatePair(
  { report }: Pick<Assembly, 'report'>,
  certificate: PemText,
  key: PemText,
): CertificatePair | undefined {
  if (certificate.text === undefined || key.text === undefined) return undefined
  const parsed = parseCertificate(certificate.text)
  const parsedKey = parsePrivateKey(key.text)
  if (parsed === undefined)
    report.error(certificate.path, `${certificate.holder} does not begin with a PEM certificate`)
  if (parsedKey === undefined) report.error(key.path, `${key.holder} does not hold a PEM private key that can be read`)
  if (parsed === undefined || parsedKey === undefined) return undefined
  if (!parsed.checkPrivateKey(parsedKey)) report.error(key.path, 'the key does not belong to the certificate')
  return { certificate: certificate.text, key: new Secret(key.text) }
}

/** Authorities: one or more PEM certificates. */
export function checkAuthorities({ report }: Pick<Assembly, 'report'>, { text, path, holder }: PemText): void {
  if (text === undefined) return
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) report.error(path, `${holder} holds no PEM certificate`)
  for (const [index, block] of blocks.entries()) {
    if (parseCertificate(block) === undefined) report.error(path, `certificate ${String(index + 1)} cannot be read`)
  }
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined // anything that is not a certificate is told in the same words
  }
}
