import type { ConfigPath } from '../config-issue.ts'
import { parseListenAddress } from '../listen-address.ts'
import type { ListenAddress } from '../listen-address.ts'
import type { CertificatePair, ServerTls } from '../model.ts'
import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'
import type { Assembly } from './assembly.ts'
import { pemFromFile, pemFromValue, readCertificatePair } from './pem.ts'

export interface PublicListener {
  readonly listen: ListenAddress
  readonly tls: ServerTls | undefined
}

const certificateKeys = [
  'certificate_file',
  'certificate_key_file',
  'certificate',
  'certificate_key',
  'certificates',
] as const

/** Where people come in, and whether TLS ends here. */
export function readPublicListener(assembly: Assembly): PublicListener {
  const { values, platform, report } = assembly
  const port = platform.port ?? 443
  const listen = readAddress(values.address, ['address'], report) ?? { kind: 'tcp', host: '0.0.0.0', port }
  const given = certificateKeys.filter((key) => assembly.given(key))
  const onPlatform = platform.port !== undefined || platform.isCloudRun
  const isPlain = values.insecure_server ?? (onPlatform && given.length === 0)
  if (isPlain) {
    for (const key of given) report.warning([key], 'has no effect with insecure_server: true', 'key')
    return { listen, tls: undefined }
  }
  const [first, ...others] = readCertificates(assembly)
  if (first !== undefined) return { listen, tls: { certificates: [first, ...others] } }
  if (given.length === 0) {
    report.error(
      ['certificate_file'],
      'not set; give certificate_file and certificate_key_file, or insecure_server: true where TLS ends in front of Postern',
    )
  }
  return { listen, tls: undefined }
}

/** All forms together: certificate_file, certificate, then the list. */
function readCertificates(assembly: Assembly): CertificatePair[] {
  const { values } = assembly
  const pairs: (CertificatePair | undefined)[] = []
  if (areTogether(assembly, 'certificate_file', 'certificate_key_file')) {
    const { certificate_file: file = '', certificate_key_file: keyFile = '' } = values
    const certificate = pemFromFile(assembly, file, ['certificate_file'])
    pairs.push(readCertificatePair(assembly, certificate, pemFromFile(assembly, keyFile, ['certificate_key_file'])))
  }
  if (areTogether(assembly, 'certificate', 'certificate_key')) {
    const { certificate: text = '', certificate_key: key = '' } = values
    const certificate = pemFromValue(assembly, text, ['certificate'])
    pairs.push(readCertificatePair(assembly, certificate, pemFromValue(assembly, key, ['certificate_key'])))
  }
  for (const [index, { cert, key }] of (values.certificates ?? []).entries()) {
    const certificate = pemFromFile(assembly, cert, ['certificates', index, 'cert'])
    pairs.push(readCertificatePair(assembly, certificate, pemFromFile(assembly, key, ['certificates', index, 'key'])))
  }
  return pairs.filter((pair) => pair !== undefined)
}

type CertificateKey = 'certificate' | 'certificate_file' | 'metrics_certificate' | 'metrics_certificate_file'
type PrivateKeyKey =
  'certificate_key' | 'certificate_key_file' | 'metrics_certificate_key' | 'metrics_certificate_key_file'

/** Whether both are there; half of a pair is a mistake. */
export function areTogether(
  { values, given, report }: Assembly,
  certificate: CertificateKey,
  key: PrivateKeyKey,
): boolean {
  if (given(certificate) !== given(key)) {
    const [present, missing] = given(certificate) ? [certificate, key] : [key, certificate]
    report.error([present], `needs ${missing} beside it`, 'key')
  }
  return values[certificate] !== undefined && values[key] !== undefined
}

/** Where plain http is sent on to https. Quotes around the address are what some deployments bring along. */
export function readRedirectListener({ values, report }: Assembly): ListenAddress | undefined {
  const text = values.http_redirect_addr?.replace(/^(["'])(.*)\1$/, '$2')
  return readAddress(text, ['http_redirect_addr'], report)
}

export function readHealthListener({ values, report }: Assembly): ListenAddress | undefined {
  return readAddress(values.health_check_addr, ['health_check_addr'], report)
}

export function readAddress(text: string | undefined, path: ConfigPath, report: Report): ListenAddress | undefined {
  if (text === undefined) return undefined
  const address = parseListenAddress(text)
  if (address === undefined) report.error(path, `found ${quote(text)}; expected host:port, :port or unix:///path`)
  return address
}
