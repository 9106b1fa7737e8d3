import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { LogFields } from '@postern/shared/log/logger.ts'

/** Who the client's certificate is for and from; `undefined` where it showed none. Whether it is good is not said here. */
export function peerCertificateFields(socket: Socket): LogFields | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
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
