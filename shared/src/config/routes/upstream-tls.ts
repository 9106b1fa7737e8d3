import type { CertificatePair, ProxyRoute } from '../model.ts'
import { checkAuthorities, pemFromFile, pemFromValue, readCertificatePair } from '../settings/pem.ts'
import type { PemText } from '../settings/pem.ts'
import type { Assembly } from '../settings/assembly.ts'
import type { RouteDraft } from './route-draft.ts'

type PemKey = 'tls_custom_ca' | 'tls_client_cert' | 'tls_client_key' | 'tls_downstream_client_ca'

/** How the proxy and the application prove to each other who they are. */
export function readUpstreamTls(route: RouteDraft, assembly: Assembly): ProxyRoute['upstreamTls'] {
  const { values } = route
  const ca = readPem(route, 'tls_custom_ca', assembly)
  if (ca !== undefined) checkAuthorities(assembly, ca)
  return {
    skipVerify: values.tls_skip_verify,
    serverName: values.tls_upstream_server_name ?? values.tls_server_name,
    ca: ca?.text,
    ...(ca === undefined ? furtherAuthorities(assembly) : {}),
    clientCertificate: readClientCertificate(route, assembly),
  }
}

/** `certificate_authority`, for every route that names no authorities of its own. Mistakes are told even if there is none. */
export function furtherAuthorities(assembly: Assembly): FurtherAuthorities {
  const known = alreadyRead.get(assembly) ?? readFurtherAuthorities(assembly)
  alreadyRead.set(assembly, known)
  return known
}

type FurtherAuthorities = Pick<ProxyRoute['upstreamTls'], 'furtherCa'>

const alreadyRead = new WeakMap<Assembly, FurtherAuthorities>()

function readFurtherAuthorities(assembly: Assembly): FurtherAuthorities {
  const { certificate_authority: value, certificate_authority_file: file } = assembly.values
  if (value === undefined && file === undefined) return {}
  if (value !== undefined && file !== undefined)
    assembly.report.error(
      ['certificate_authority_file'],
      'given beside certificate_authority; keep one of the two',
      'key',
    )
  const pem =
    value === undefined
      ? pemFromFile(assembly, file ?? '', ['certificate_authority_file'])
      : pemFromValue(assembly, value, ['certificate_authority'])
  checkAuthorities(assembly, pem)
  return { furtherCa: pem.text }
}

function readClientCertificate(route: RouteDraft, assembly: Assembly): CertificatePair | undefined {
  const certificate = readPem(route, 'tls_client_cert', assembly)
  const key = readPem(route, 'tls_client_key', assembly)
  if (certificate !== undefined && key !== undefined) return readCertificatePair(assembly, certificate, key)
  const present = certificate ?? key
  const missing = certificate === undefined ? 'tls_client_cert' : 'tls_client_key'
  if (present !== undefined) assembly.report.error(present.path, `needs ${missing} or ${missing}_file beside it`, 'key')
  return undefined
}

/** A key's value, or the file that its twin names; not both. */
export function readPem({ values, path }: RouteDraft, key: PemKey, assembly: Assembly): PemText | undefined {
  const value = values[key]
  const file = values[`${key}_file`]
  if (value !== undefined && file !== undefined)
    assembly.report.error([...path, `${key}_file`], `given beside ${key}; keep one of the two`, 'key')
  if (value !== undefined) return pemFromValue(assembly, value, [...path, key])
  return file === undefined ? undefined : pemFromFile(assembly, file, [...path, `${key}_file`])
}
