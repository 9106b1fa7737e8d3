import type { X509Certificate } from 'node:crypto'
import type { AlternativeNameKind, ClientCertificatesConfig } from '@postern/shared/config/client-certificates.ts'
import { compileRegex, type WholeRegex } from '@postern/shared/regex/re2.ts'
import { readAlternativeNames, type AlternativeName } from '@postern/shared/x509/alternative-names.ts'
import { readCertificates } from '@postern/shared/x509/certificates.ts'
import { readRevoked, type Revoked } from './revoked.ts'
import { findIssuer, lifetimeOf, type Lifetime } from './trusted-issuer.ts'

interface NameRule {
  readonly kind: AlternativeNameKind
  readonly regex: WholeRegex
}

/** Which certificates count, where, and why others do not. */
export class CertificateRules {
  readonly #config: Pick<ClientCertificatesConfig, 'authorities' | 'maxDepth'>
  readonly #names: readonly NameRule[]
  readonly #revoked: Revoked
  readonly #authorities = new Map<string, readonly X509Certificate[]>()

  constructor(config: Omit<ClientCertificatesConfig, 'rejectsConnections'>) {
    this.#config = config
    this.#names = config.alternativeNames.map(({ kind, regex }) => ({ kind, regex: compileRegex(regex) }))
    this.#revoked = readRevoked(config.revocationLists)
  }

  /**
   * When a certificate counts towards these PEM authorities; or why it does not, whenever that is. TLS has found a path
   * to some authority of some route before; here it is said to which.
   */
  judge(leaf: X509Certificate, authorities: string): Lifetime | string {
    // A stream that was opened before a reload names the authorities of then.
    if (!this.#config.authorities.includes(authorities)) return 'not by an authority that is trusted any more'
    const issuer = findIssuer(leaf, this.#read(authorities))
    if (issuer === undefined && !this.#mayBeDeeper(authorities))
      return 'not signed by an authority that is trusted here'
    const known = issuer === undefined ? [leaf] : [leaf, issuer]
    if (known.some(({ raw }) => this.#revoked.has(raw))) return 'revoked'
    if (!this.#hasName(leaf)) return 'no alternative name that matches'
    return lifetimeOf(known)
  }

  /** Node does not show a server the authorities that a client sends: it is not known to which of several they lead. */
  #mayBeDeeper(authorities: string): boolean {
    return this.#config.maxDepth === 0 && authorities === this.#config.authorities
  }

  #hasName({ subjectAltName = '' }: X509Certificate): boolean {
    if (this.#names.length === 0) return true
    const names = namesOf(subjectAltName)
    return this.#names.some(({ kind, regex }) => names.some((name) => matches(regex, valueOf(name, kind))))
  }

  #read(pem: string): readonly X509Certificate[] {
    const known = this.#authorities.get(pem) ?? readCertificates(pem)
    this.#authorities.set(pem, known)
    return known
  }
}

const types: Readonly<Record<AlternativeNameKind, string>> = {
  dns: 'DNS',
  email: 'email',
  ip_address: 'IP Address',
  uri: 'URI',
  user_principal_name: 'othername',
}

function valueOf({ type, value }: AlternativeName, kind: AlternativeNameKind): string | undefined {
  if (type !== types[kind]) return undefined
  if (kind !== 'user_principal_name') return value
  return value.startsWith('UPN:') ? value.slice(4) : undefined
}

function matches(regex: WholeRegex, name: string | undefined): boolean {
  return name !== undefined && regex.matches(name)
}

/** Names that cannot be told apart are no names. */
function namesOf(text: string): readonly AlternativeName[] {
  try {
    return readAlternativeNames(text)
  } catch (error) {
    if (error instanceof TypeError) return []
    throw error
  }
}
