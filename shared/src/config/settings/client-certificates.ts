import { createSecureContext } from 'node:tls'
import type { ClientCertificatesConfig } from '../client-certificates.ts'
import type { ConfigPath } from '../config-issue.ts'
import type { GlobalValues } from '../keys/global-keys.ts'
import type { ServerTls } from '../model.ts'
import type { RouteDraft } from '../routes/route-draft.ts'
import { readPem } from '../routes/upstream-tls.ts'
import { readCertificates } from '../../x509/certificates.ts'
import { compileRegex, RegexSyntaxError } from '../../regex/re2.ts'
import type { Assembly } from './assembly.ts'
import { checkAuthorities, pemFromFile, pemFromValue, type PemText } from './pem.ts'

type Group = NonNullable<GlobalValues['downstream_mtls']>

/** The authorities of a route’s clients: its own, or those of all routes. `undefined`: certificates mean nothing there. */
export function clientAuthoritiesReader(assembly: Assembly): (route: RouteDraft) => string | undefined {
  const usual = readPair(assembly, 'ca')
  if (usual !== undefined) checkClientAuthorities(assembly, usual)
  return (route) => {
    const own = readPem(route, 'tls_downstream_client_ca', assembly)
    if (own === undefined) return usual?.text
    checkClientAuthorities(assembly, own)
    return own.text
  }
}

/** TLS verifies up to a root: an authority without one would let nobody in. */
function checkClientAuthorities({ report }: Assembly, pem: PemText): void {
  const before = report.errorCount
  checkAuthorities({ report }, pem)
  if (pem.text === undefined || report.errorCount > before) return
  const all = readCertificates(pem.text)
  for (const one of all) {
    if (all.some((issuer) => one.checkIssued(issuer))) continue
    const name = one.subject.replaceAll('\n', ', ')
    report.error(pem.path, `the authority ${name} is no root; add the certificate of the authority that signed it`)
  }
}

/** Whether a route refuses whoever shows no valid certificate, whatever its policy says. */
export function demandsClientCertificate({ values }: RouteDraft, globals: GlobalValues): boolean {
  const { ca, ca_file: caFile, enforcement = 'default-deny' } = globals.downstream_mtls ?? {}
  const { tls_downstream_client_ca: own, tls_downstream_client_ca_file: ownFile } = values
  return enforcement !== 'policy' && [ca, caFile, own, ownFile].some((given) => given !== undefined)
}

/** What the listener asks its clients for; `undefined`: nothing. `authorities`: those of all routes. */
export function readClientCertificates(
  assembly: Assembly,
  tls: ServerTls | undefined,
  authorities: ReadonlySet<string>,
): ClientCertificatesConfig | undefined {
  const { values, routes, report } = assembly
  const group = values.downstream_mtls
  checkThatTlsEndsHere(assembly, tls)
  const crl = readPair(assembly, 'crl')
  const revocationLists = crl === undefined ? [] : readRevocationLists(assembly, crl)
  checkPatterns(assembly, group?.match_subject_alt_names ?? [])
  if (authorities.size === 0) {
    if (group !== undefined && group.ca === undefined && group.ca_file === undefined && routes.length > 0) {
      report.error(['downstream_mtls'], 'needs ca or ca_file, the authorities that the certificates chain to', 'key')
    }
    return undefined
  }
  return {
    authorities: [...authorities].join('\n'),
    revocationLists,
    rejectsConnections: group?.enforcement === 'reject-connection',
    alternativeNames: group?.match_subject_alt_names ?? [],
    maxDepth: readMaxDepth(assembly),
  }
}

/** Which authorities a client sent along is not shown to a server by Node, so they cannot be counted. */
function readMaxDepth({ values, report }: Assembly): 0 | 1 {
  const depth = values.downstream_mtls?.max_verify_depth ?? 1
  if (depth > 1) {
    const message =
      'authorities between cannot be counted; list them in ca and leave this at 1, or write 0 for any number'
    report.error(['downstream_mtls', 'max_verify_depth'], message)
  }
  return depth === 0 ? 0 : 1
}

/** Where something else ends TLS, that something asks for certificates, or nobody does: rules about them would be for show. */
function checkThatTlsEndsHere(assembly: Assembly, tls: ServerTls | undefined): void {
  const { values, routes, platform, report } = assembly
  if (!platform.isCloudRun && (tls !== undefined || hasCertificate(assembly))) return
  const why = platform.isCloudRun
    ? 'Google’s front end ends TLS before Cloud Run, so no client certificate can be seen here'
    : 'TLS does not end here (insecure_server), so no client certificate can be seen; set certificate_file and certificate_key_file in place of it, or leave this out'
  if (values.downstream_mtls !== undefined) report.error(['downstream_mtls'], why, 'key')
  for (const { values: own, path } of routes) {
    for (const key of ['tls_downstream_client_ca', 'tls_downstream_client_ca_file'] as const) {
      if (own[key] !== undefined) report.error([...path, key], why, 'key')
    }
  }
}

/** A certificate that cannot be read is a mistake of its own, and not that there is none. */
function hasCertificate({ values, given }: Assembly): boolean {
  const keys = ['certificate_file', 'certificate', 'certificates'] as const
  return values.insecure_server !== true && keys.some((key) => given(key))
}

function readPair(assembly: Assembly, name: 'ca' | 'crl'): PemText | undefined {
  const group: Partial<Group> = assembly.values.downstream_mtls ?? {}
  const [value, file] = [group[name], group[`${name}_file`]]
  const path = (key: string): ConfigPath => ['downstream_mtls', key]
  if (value !== undefined && file !== undefined)
    assembly.report.error(path(`${name}_file`), `given beside ${name}; keep one of the two`, 'key')
  if (value !== undefined) return pemFromValue(assembly, value, path(name))
  return file === undefined ? undefined : pemFromFile(assembly, file, path(`${name}_file`))
}

function readRevocationLists({ report }: Assembly, { text, path, holder }: PemText): readonly string[] {
  if (text === undefined) return []
  const lists = text.match(/-----BEGIN X509 CRL-----[^]*?-----END X509 CRL-----/g) ?? []
  if (lists.length === 0) report.error(path, `${holder} holds no PEM revocation list`)
  for (const [index, list] of lists.entries()) {
    if (!isRevocationList(list)) report.error(path, `revocation list ${String(index + 1)} cannot be read`)
  }
  return lists
}

function isRevocationList(pem: string): boolean {
  try {
    createSecureContext({ crl: pem })
    return true
  } catch {
    return false // Node says in many words that it is none
  }
}

function checkPatterns({ report }: Assembly, patterns: ClientCertificatesConfig['alternativeNames']): void {
  for (const [index, { kind, regex }] of patterns.entries()) {
    try {
      compileRegex(regex)
    } catch (error) {
      if (!(error instanceof RegexSyntaxError)) throw error
      report.error(['downstream_mtls', 'match_subject_alt_names', index, kind], error.message)
    }
  }
}
