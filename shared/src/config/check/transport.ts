import type { Report } from '../read/report.ts'
import type { RouteDraft } from '../routes/route-draft.ts'

/** TLS options that weaken, or that cannot have an effect. */
export function checkTransport({ values, path, upstreams }: RouteDraft, report: Report): void {
  if (values.tls_skip_verify) {
    report.warning(
      [...path, 'tls_skip_verify'],
      'anybody on the way can pose as the application; use tls_custom_ca_file',
    )
    if (values.tls_custom_ca_file !== undefined)
      report.warning([...path, 'tls_custom_ca_file'], 'has no effect with tls_skip_verify: true')
  }
  const isPlain = upstreams.length > 0 && upstreams.every(({ url }) => url.protocol === 'http:')
  for (const key of ['tls_server_name', 'tls_upstream_server_name', 'tls_custom_ca_file'] as const) {
    if (isPlain && values[key] !== undefined)
      report.warning([...path, key], 'has no effect, because "to" is plain http')
  }
  if (values.preserve_host_header && values.host_rewrite !== undefined) {
    report.warning([...path, 'preserve_host_header'], 'has no effect beside host_rewrite')
  }
  if (values.prefix_rewrite !== undefined && !values.prefix_rewrite.startsWith('/')) {
    report.error([...path, 'prefix_rewrite'], 'expected a path that begins with "/"')
  }
}
