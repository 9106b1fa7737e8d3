import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CertificateAuthority, type CertificateRequest } from './x509/certificate-authority.ts'

export interface CertificateFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

/** What `writeCertificates` left in the directory: a CA and a pair of files for each name. */
export interface WrittenCertificates<Name extends string> {
  readonly authority: CertificateAuthority
  readonly caFile: string
  readonly files: Readonly<Record<Name, CertificateFiles>>
}

/** Who needs a certificate where everything runs: the services for mutual TLS, Redis and the stand-ins for TLS. */
export const standardCertificates = {
  proxy: serviceNamed('proxy'),
  authorize: serviceNamed('authorize'),
  authenticate: serviceNamed('authenticate'),
  redis: serviceNamed('redis'),
  'cloud-run': {
    commonName: '*.a.run.app',
    dnsNames: ['*.a.run.app', 'cloud-run', 'localhost'],
    ipAddresses: ['127.0.0.1'],
  },
} satisfies Record<string, CertificateRequest>

/** Certificate of a service: its name as SAN DNS (what `clientNames` compares), and the names of this machine. */
export function serviceNamed(name: string): CertificateRequest {
  return { commonName: name, dnsNames: [name, 'localhost'], ipAddresses: ['127.0.0.1'] }
}

/**
 * Makes a CA and the certificates asked for, and writes `ca.crt`, `NAME.crt` and `NAME.key`. Keys are readable by
 * `keyMode` (default: the owner alone).
 */
export async function writeCertificates<Name extends string>(
  directory: string,
  requests: Readonly<Record<Name, CertificateRequest>>,
  options: { readonly authority?: CertificateAuthority; readonly keyMode?: number } = {},
): Promise<WrittenCertificates<Name>> {
  const authority = options.authority ?? new CertificateAuthority('Postern development CA')
  await mkdir(directory, { recursive: true })
  const caFile = join(directory, 'ca.crt')
  await writeFile(caFile, authority.certificate)
  const files: Partial<Record<Name, CertificateFiles>> = {}
  for (const name of Object.keys(requests) as Name[]) {
    const { certificate, key } = authority.issue(requests[name])
    const paths = { certificateFile: join(directory, `${name}.crt`), keyFile: join(directory, `${name}.key`) }
    await writeFile(paths.certificateFile, certificate)
    await writeFile(paths.keyFile, key, { mode: options.keyMode ?? 0o600 })
    files[name] = paths
  }
  return { authority, caFile, files: files as Record<Name, CertificateFiles> }
}
