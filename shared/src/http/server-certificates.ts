import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { CertificatePair, ServerTls } from '../config/model.ts'

type Found = (error: Error | null, context?: SecureContext) => void

/** The certificates of a listener by the names that clients ask for; replaced as a whole when the configuration is. */
export class ServerCertificates {
  #byName: ReadonlyMap<string, SecureContext> = new Map()
  #other: SecureContext | undefined

  /** `more`: what else every connection is made with. */
  constructor(tls: ServerTls, more: SecureContextOptions = {}) {
    this.replace(tls, more)
  }

  /** Later connections get these. Throws when one cannot be used, and keeps the old ones. */
  replace(tls: ServerTls, more: SecureContextOptions = {}): void {
    const contexts = tls.certificates.map((pair) => ({ names: namesIn(pair), context: contextOf(pair, more) }))
    // Of several for one name the first counts.
    this.#byName = new Map(contexts.toReversed().flatMap(({ names, context }) => names.map((name) => [name, context])))
    this.#other = contexts[0]?.context
  }

  readonly find = (serverName: string, found: Found): void => {
    const name = serverName.toLowerCase()
    const context = this.#byName.get(name) ?? this.#byName.get(name.replace(/^[^.]+/, '*')) ?? this.#other
    found(null, context)
  }
}

function contextOf({ certificate, key }: CertificatePair, more: SecureContextOptions): SecureContext {
  return createSecureContext({ ...more, cert: certificate, key: key.reveal(), minVersion: 'TLSv1.2' })
}

/** The DNS names of the leaf certificate. */
function namesIn({ certificate }: CertificatePair): string[] {
  const names = new X509Certificate(certificate).subjectAltName?.split(', ') ?? []
  return names.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4).toLowerCase())
}
