import { X509Certificate } from 'node:crypto'
import type { ConfigPath } from '../config-issue.ts'
import { parseListenAddress } from '../listen-address.ts'
import type { ListenAddress } from '../listen-address.ts'
import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'
import type { Assembly } from './assembly.ts'
import { readNamedFile } from './assembly.ts'
import { parsePrivateKey } from './secrets.ts'

export interface PublicListener {
  readonly listen: ListenAddress
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | undefined
}

/** Where people come in, and whether TLS ends here. */
export function readPublicListener(assembly: Assembly): PublicListener {
  const { values, platform, report } = assembly
  const port = platform.port ?? 443
  const listen = readAddress(values.address, ['address'], report) ?? { kind: 'tcp', host: '0.0.0.0', port }
  const certificateFile = values.certificate_file
  const keyFile = values.certificate_key_file
  const onPlatform = platform.port !== undefined || platform.isCloudRun
  const isPlain = values.insecure_server ?? (onPlatform && certificateFile === undefined)
  if (isPlain) {
    if (certificateFile !== undefined) report.warning(['certificate_file'], 'has no effect with insecure_server: true')
    return { listen, tls: undefined }
  }
  if (certificateFile === undefined || keyFile === undefined) {
    report.error(
      [certificateFile === undefined ? 'certificate_file' : 'certificate_key_file'],
      'not set; give certificate_file and certificate_key_file, or insecure_server: true where TLS ends in front of Postern',
    )
    return { listen, tls: undefined }
  }
  checkCertificate(assembly, certificateFile, keyFile)
  return { listen, tls: { certificateFile, keyFile } }
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

function checkCertificate(assembly: Assembly, certificateFile: string, keyFile: string): void {
  const { report } = assembly
  const certificateText = readNamedFile(assembly, certificateFile, ['certificate_file'])
  const keyText = readNamedFile(assembly, keyFile, ['certificate_key_file'])
  const certificate = certificateText === undefined ? undefined : parseCertificate(certificateText)
  const key = keyText === undefined ? undefined : parsePrivateKey(keyText)
  if (certificateText !== undefined && certificate === undefined) {
    report.error(['certificate_file'], `the file ${certificateFile} does not begin with a PEM certificate`)
  }
  if (keyText !== undefined && key === undefined) {
    report.error(['certificate_key_file'], `the file ${keyFile} does not hold a PEM private key that can be read`)
  }
  if (certificate !== undefined && key !== undefined && !certificate.checkPrivateKey(key)) {
    report.error(['certificate_key_file'], 'the key does not belong to the certificate')
  }
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined // anything that is not a certificate is told in the same words
  }
}
