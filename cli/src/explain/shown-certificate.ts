import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { certificateFacts } from '@postern/authorize/certificate-facts.ts'
import { CertificateRules } from '@postern/proxy/client-certificate/certificate-rules.ts'
import type { ClientCertificatesConfig } from '@postern/shared/config/client-certificates.ts'
import type { AuthorizeRoute, ProxyConfig, ProxyRoute } from '@postern/shared/config/model.ts'
import { whyUnreadable } from '@postern/shared/config/why-unreadable.ts'
import { UsageError } from '@postern/shared/lifecycle/command-line.ts'
import type { ClientCertificate } from '@postern/shared/vocabulary/request-facts.ts'

/** The certificate that a made-up client shows, as a policy sees it on one route. */
export interface ShownCertificate {
  readonly certificate: ClientCertificate | undefined
  /** What is to be said about it. */
  readonly remark: string | undefined
}

/** @throws UsageError for a file that holds none */
export function readShownCertificate(file: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(file))
  } catch (error) {
    const why = error instanceof Error && 'syscall' in error ? whyUnreadable(error) : 'holds no certificate'
    throw new UsageError(`--client-certificate: the file ${file} ${why}`)
  }
}

/** Judges it as the proxy would, as far as that is possible without the client. */
export function shownCertificate(
  leaf: X509Certificate | undefined,
  { clientAuthorities: authorities }: Pick<ProxyRoute, 'clientAuthorities'>,
  config: Pick<ProxyConfig, 'clientCertificates'> & Pick<AuthorizeRoute, 'demandsClientCertificate'>,
  at: Date,
): ShownCertificate {
  const { clientCertificates, demandsClientCertificate = false } = config
  if (leaf === undefined) {
    const isAsked = clientCertificates !== undefined || demandsClientCertificate
    const nothing = isAsked ? { presented: false, valid: false, der: undefined } : undefined
    return { certificate: nothing, remark: undefined }
  }
  const shown = { presented: true, der: leaf.raw, leaf: certificateFacts(leaf.raw) }
  if (clientCertificates !== undefined && authorities !== undefined) {
    const why = whyInvalid(leaf, authorities, clientCertificates, at)
    const remark = why === undefined ? undefined : `the client certificate does not count: ${why}`
    return { certificate: { ...shown, valid: why === undefined }, remark }
  }
  const remark = demandsClientCertificate
    ? 'the authorities were not read, so the client certificate is taken as valid'
    : 'the client certificate does not count: the route has no authorities'
  return { certificate: { ...shown, valid: demandsClientCertificate }, remark }
}

function whyInvalid(
  leaf: X509Certificate,
  authorities: string,
  config: ClientCertificatesConfig,
  at: Date,
): string | undefined {
  const judged = new CertificateRules(config).judge(leaf, authorities)
  if (typeof judged === 'string') return judged
  if (at.getTime() < judged.fromMs) return 'not good yet'
  return at.getTime() < judged.untilMs ? undefined : 'over'
}
