import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { constants } from 'node:crypto'
import { TLSSocket, type SecureContextOptions, type TlsOptions } from 'node:tls'
import type { Clock } from '@postern/shared/clock.ts'
import type { ClientCertificatesConfig } from '@postern/shared/config/client-certificates.ts'
import type { ProxyConfig } from '@postern/shared/config/model.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { ClientCertificate } from '@postern/shared/vocabulary/request-facts.ts'
import { CertificateRules } from './certificate-rules.ts'
import type { Lifetime } from './trusted-issuer.ts'

/** What a listener asks its clients for; nothing where certificates mean nothing. */
export function listenerOptions(config: ClientCertificatesConfig | undefined): TlsOptions {
  return config === undefined ? {} : { requestCert: true, rejectUnauthorized: config.rejectsConnections }
}

/** What a client’s certificate is verified with; for every name that the listener has a certificate for. */
export function verifyingContext(config: ClientCertificatesConfig | undefined): SecureContextOptions {
  if (config === undefined) return {}
  return {
    ca: config.authorities,
    ...(config.revocationLists.length > 0 ? { crl: [...config.revocationLists] } : {}),
    // A resumed connection would bring along what was found out about a certificate at another time, for another name.
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}

/** What came with one connection. */
interface Shown {
  /** `undefined`: nothing. */
  readonly leaf: X509Certificate | undefined
  /** TLS has found a path to some authority, in its time, made for clients, not revoked. */
  readonly isVerified: boolean
  /** By the authorities that it was judged by. */
  readonly judged: Map<string, Lifetime | string>
  judgedBy: CertificateRules
  readonly judge: ClientCertificates
}

const shown = Symbol('client certificate')
type SocketWithCertificate = Socket & { [shown]?: Shown }

/**
 * What policies read of a client’s certificate, as it counts now; `undefined` where nobody is asked for one.
 * `authorities`: those of the route.
 */
export function clientCertificateOf(
  socket: SocketWithCertificate,
  authorities: string | undefined,
): ClientCertificate | undefined {
  const certificate = socket[shown]
  return certificate?.judge.factsOf(certificate, authorities)
}

/** What the client showed, good or not; `undefined` where it showed nothing, or was not asked. */
export function shownCertificate(socket: SocketWithCertificate): X509Certificate | undefined {
  return socket[shown]?.leaf
}

export interface ClientCertificatesDeps {
  readonly clock: Clock
  readonly log: Logger
}

/** Judges the certificates that clients show by the configuration in force. */
export class ClientCertificates {
  readonly #deps: ClientCertificatesDeps
  readonly #subscription: Disposable
  #config: ClientCertificatesConfig | undefined
  #rules: CertificateRules | undefined

  constructor(config: Live<ProxyConfig>, deps: ClientCertificatesDeps) {
    this.#deps = deps
    this.#use(config.current.clientCertificates)
    this.#subscription = config.subscribe((next) => this.#use(next.clientCertificates))
  }

  /** Takes note of what a client showed, when it has connected; ends the connection of one that has to show more. */
  readonly read = (socket: Socket): void => {
    const rules = this.#rules
    if (rules === undefined || this.#config === undefined || !(socket instanceof TLSSocket)) return
    const leaf = socket.getPeerX509Certificate()
    const isVerified = leaf !== undefined && socket.authorized
    const certificate: Shown = { leaf, isVerified, judged: new Map(), judgedBy: rules, judge: this }
    ;(socket as SocketWithCertificate)[shown] = certificate
    if (leaf !== undefined && !isVerified) this.#tell(leaf, String(socket.authorizationError))
    const { rejectsConnections, authorities } = this.#config
    if (rejectsConnections && !this.factsOf(certificate, authorities).valid) socket.destroy()
  }

  factsOf(certificate: Shown, authorities: string | undefined): ClientCertificate {
    const { leaf } = certificate
    if (leaf === undefined) return { presented: false, valid: false, der: undefined }
    return { presented: true, valid: this.#isValid(certificate, leaf, authorities), der: leaf.raw }
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
  }

  #isValid(certificate: Shown, leaf: X509Certificate, authorities: string | undefined): boolean {
    const rules = this.#rules
    if (!certificate.isVerified || authorities === undefined || rules === undefined) return false
    if (certificate.judgedBy !== rules) {
      certificate.judgedBy = rules
      certificate.judged.clear()
    }
    const lifetime = certificate.judged.get(authorities) ?? this.#judge(rules, leaf, authorities)
    certificate.judged.set(authorities, lifetime)
    const nowMs = this.#deps.clock.now().getTime()
    return typeof lifetime !== 'string' && lifetime.fromMs <= nowMs && nowMs < lifetime.untilMs
  }

  #judge(rules: CertificateRules, leaf: X509Certificate, authorities: string): Lifetime | string {
    const judged = rules.judge(leaf, authorities)
    if (typeof judged === 'string') this.#tell(leaf, judged)
    return judged
  }

  #tell({ subject, fingerprint256 }: X509Certificate, why: string): void {
    this.#deps.log.info({ subject, fingerprint: fingerprint256, why }, 'a client certificate does not count')
  }

  #use(config: ClientCertificatesConfig | undefined): void {
    if (config === undefined) this.#rules = undefined
    else if (JSON.stringify(config) !== JSON.stringify(this.#config)) this.#rules = new CertificateRules(config)
    this.#config = config
  }
}
