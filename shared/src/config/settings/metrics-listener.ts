import { isLocal } from '../listen-address.ts'
import type { MetricsConfig } from '../metrics-config.ts'
import type { CertificatePair } from '../model.ts'
import { Secret } from '../../secret.ts'
import { isBase64 } from '../source/route-list-variable.ts'
import type { Assembly } from './assembly.ts'
import { areTogether, readAddress } from './listeners.ts'
import { checkAuthorities, pemFromFile, pemFromValue, readCertificatePair, type PemText } from './pem.ts'

const otherKeys = [
  'metrics_certificate',
  'metrics_certificate_file',
  'metrics_certificate_key',
  'metrics_certificate_key_file',
  'metrics_client_ca',
  'metrics_client_ca_file',
] as const

/** Where Prometheus reads, and who may; `undefined`: nowhere. */
export function readMetrics(assembly: Assembly): MetricsConfig | undefined {
  const { values, report } = assembly
  const listen = readAddress(values.metrics_address, ['metrics_address'], report)
  const basicAuth = readBasicAuth(assembly)
  const certificate = readCertificate(assembly)
  const clientCa = readClientCa(assembly)
  if (listen === undefined) {
    if (!assembly.given('metrics_address')) warnOfUnused(assembly)
    return undefined
  }
  const asksForCertificate = clientCa !== undefined
  if (asksForCertificate && !isAnyGiven(assembly, 'metrics_certificate', 'metrics_certificate_file')) {
    report.error(
      [clientCaKeyOf(assembly)],
      'needs metrics_certificate_file beside it: only over TLS are certificates shown',
      'key',
    )
  }
  if (!isLocal(listen)) {
    if (basicAuth === undefined && !asksForCertificate) {
      report.warning(
        ['metrics_address'],
        'everybody who reaches this address can read the metrics; set metrics_basic_auth or metrics_client_ca_file, or let only your monitoring reach it',
      )
    } else if (basicAuth !== undefined && certificate === undefined) {
      report.warning(['metrics_address'], 'the password travels in the clear; set metrics_certificate_file')
    }
  }
  return { listen, basicAuth, certificate, clientCa }
}

function warnOfUnused(assembly: Assembly): void {
  const { report, secrets } = assembly
  const auth = secrets('metrics_basic_auth')
  const given = otherKeys.filter((key) => assembly.given(key)).map((key) => [key])
  for (const path of [...(auth.given ? [auth.path] : []), ...given])
    report.warning(path, 'has no effect without metrics_address', 'key')
}

/** Its text is never repeated in a message. */
function readBasicAuth({ secrets, report }: Assembly): Secret | undefined {
  const { text, path } = secrets('metrics_basic_auth')
  if (text === undefined) return undefined
  const decoded = isBase64(text) ? Buffer.from(text, 'base64').toString('utf8') : ''
  if (/^[^:]+:[^]+$/.test(decoded)) return new Secret(decoded)
  report.error(path, 'expected base64 of user:password')
  return undefined
}

function readCertificate(assembly: Assembly): CertificatePair | undefined {
  const { values } = assembly
  const { metrics_certificate: text, metrics_certificate_key: keyText } = values
  const { metrics_certificate_file: file, metrics_certificate_key_file: keyFile } = values
  const hasFiles = areTogether(assembly, 'metrics_certificate_file', 'metrics_certificate_key_file')
  const hasTexts = areTogether(assembly, 'metrics_certificate', 'metrics_certificate_key')
  if (hasFiles && hasTexts) sayBoth(assembly, 'metrics_certificate', 'metrics_certificate_file')
  if (hasFiles && file !== undefined && keyFile !== undefined) {
    const certificate = pemFromFile(assembly, file, ['metrics_certificate_file'])
    return readCertificatePair(assembly, certificate, pemFromFile(assembly, keyFile, ['metrics_certificate_key_file']))
  }
  if (!hasTexts || text === undefined || keyText === undefined) return undefined
  const certificate = pemFromValue(assembly, text, ['metrics_certificate'])
  return readCertificatePair(assembly, certificate, pemFromValue(assembly, keyText, ['metrics_certificate_key']))
}

function readClientCa(assembly: Assembly): string | undefined {
  const { metrics_client_ca_file: file, metrics_client_ca: text } = assembly.values
  if (file !== undefined && text !== undefined) sayBoth(assembly, 'metrics_client_ca', 'metrics_client_ca_file')
  const found: PemText | undefined =
    file !== undefined
      ? pemFromFile(assembly, file, ['metrics_client_ca_file'])
      : text !== undefined
        ? pemFromValue(assembly, text, ['metrics_client_ca'])
        : undefined
  if (found === undefined) return undefined
  checkAuthorities(assembly, found)
  // One that cannot be read has been told; it must not look as if nobody were asked.
  return found.text ?? ''
}

function clientCaKeyOf(assembly: Assembly): 'metrics_client_ca' | 'metrics_client_ca_file' {
  return assembly.given('metrics_client_ca_file') ? 'metrics_client_ca_file' : 'metrics_client_ca'
}

function isAnyGiven(assembly: Assembly, ...keys: readonly Parameters<Assembly['given']>[0][]): boolean {
  return keys.some((key) => assembly.given(key))
}

function sayBoth({ report }: Assembly, key: string, other: string): void {
  report.error([key], `given beside ${other}; keep one of the two`, 'key')
}
