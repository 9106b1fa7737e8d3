import { createHash, X509Certificate } from 'node:crypto'
import { readAlternativeNames } from '@postern/shared/x509/alternative-names.ts'
import type { CertificateFacts, ClientCertificate, RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'

/** The facts, with those of the client's certificate in them. It is read when a policy first looks at it. */
export function withCertificateFacts(facts: RequestFacts): RequestFacts {
  const { clientCertificate } = facts
  if (clientCertificate?.der === undefined) return facts
  return { ...facts, clientCertificate: readWhenAsked(clientCertificate, clientCertificate.der) }
}

function readWhenAsked(certificate: ClientCertificate, der: Uint8Array): ClientCertificate {
  let leaf: CertificateFacts | undefined
  return {
    ...certificate,
    get leaf() {
      return (leaf ??= certificateFacts(der))
    },
  }
}

/**
 * What policies compare of a certificate.
 * @throws for what is no certificate, or has names that cannot be told apart; nothing is decided then
 */
export function certificateFacts(der: Uint8Array): CertificateFacts {
  const certificate = new X509Certificate(der)
  const names = readAlternativeNames(certificate.subjectAltName ?? '')
  const of = (type: string): readonly string[] => names.filter((name) => name.type === type).map(({ value }) => value)
  return {
    fingerprint: createHash('sha256').update(der).digest('hex'),
    spkiHash: createHash('sha256')
      .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64'),
    sanDns: of('DNS'),
    sanEmail: of('email'),
    sanUri: of('URI'),
  }
}
