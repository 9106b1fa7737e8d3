import type { Upstream } from '../model.ts'
import type { Report } from '../read/report.ts'
import type { RouteDraft } from '../routes/route-draft.ts'

/** TLS options that weaken, or that cannot have an effect. */
export function checkTransport({ values, path, upstreams }: RouteDraft, report: Report): void {
  if (values.tls_skip_verify) {
    report.warning(
      [...path, 'tls_skip_verify'],
      'anybody on the way can pose as the application; use tls_custom_ca_file',
    )
    for (const key of ['tls_custom_ca', 'tls_custom_ca_file'] as const) {
      if (values[key] !== undefined) report.warning([...path, key], 'has no effect with tls_skip_verify: true')
    }
  }
  const isPlain = upstreams.length > 0 && upstreams.every(isWithoutTls)
  for (const key of tlsKeys) {
    if (isPlain && values[key] !== undefined)
      report.warning([...path, key], 'has no effect, because TLS is not spoken with "to"')
  }
}

const tlsKeys = [
  'tls_server_name',
  'tls_upstream_server_name',
  'tls_custom_ca',
  'tls_custom_ca_file',
  'tls_client_cert',
  'tls_client_cert_file',
] as const

function isWithoutTls({ url, tlsInSocket }: Upstream): boolean {
  return url.protocol !== 'https:' && tlsInSocket !== true
}
