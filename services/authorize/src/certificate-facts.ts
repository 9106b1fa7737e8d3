import { createHash, X509Certificate } from 'node:crypto'
import { readAlternativeNames } from '@postern/shared/x509/alternative-names.ts'
import type { CertificateFacts, ClientCertificate, RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'

/** The facts, with those of the client's certificate in them. It is read when a policy first looks at it. */
export function withCertificateFacts(facts: RequestFacts): RequestFacts {
  const { clientCertificate } = facts
  if (clientCertificate?.der === undefined) return facts
  return { ...facts, clientCertificate: new ReadWhenAsked(clientCertificate, clientCertificate.der) }
}

/** A class, since an object literal with a getter gets a shape of its own for each request (docs/performance.md). */
class ReadWhenAsked implements ClientCertificate {
  readonly presented: boolean
  readonly valid: boolean
  readonly der: Uint8Array
  #leaf: CertificateFacts | undefined

  constructor({ presented, valid }: ClientCertificate, der: Uint8Array) {
    this.presented = presented
    this.valid = valid
    this.der = der
  }

  get leaf(): CertificateFacts {
    return (this.#leaf ??= certificateFacts(this.der))
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
