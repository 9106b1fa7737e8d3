import type { X509Certificate } from 'node:crypto'
import type { LogFields } from '@postern/shared/log/logger.ts'

/** Whom a certificate is for and from. Whether it is good is not said here. */
export function certificateFields(certificate: X509Certificate | undefined): LogFields | undefined {
  if (certificate === undefined) return undefined
  const { issuer, subject, subjectAltName } = certificate
  return {
    issuer: oneLine(issuer),
    subject: oneLine(subject),
    subjectAltName: subjectAltName?.split(', ') ?? [],
  }
}

/** Node writes one attribute to a line. */
function oneLine(name: string): string {
  return name.split('\n').join(', ')
}
