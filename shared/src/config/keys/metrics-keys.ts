import { optional } from './key.ts'
import { listener, path, text } from './types.ts'

/** The listener for Prometheus, one for each process. */
export const metricsKeys = {
  metrics_address: optional(listener, {
    meaning: 'A listener for Prometheus, which answers /metrics and nothing else: `host:port` or `:port`.',
    otherwise: 'none',
  }),
  metrics_basic_auth: optional(text, {
    meaning: 'The base64 of `user:password`, which Prometheus has to send.',
    otherwise: 'whoever reaches the listener may read',
    secret: true,
  }),
  metrics_certificate_file: optional(path, {
    meaning: 'The PEM certificate chain of the metrics listener, which then speaks TLS.',
    otherwise: 'plain HTTP',
  }),
  metrics_certificate_key_file: optional(path, { meaning: 'The PEM private key of metrics_certificate_file.' }),
  metrics_certificate: optional(text, {
    meaning: 'The base64 of the PEM certificate chain, where it is not in a file.',
  }),
  metrics_certificate_key: optional(text, {
    meaning: 'The base64 of the PEM private key of `metrics_certificate`.',
    hidden: true,
  }),
  metrics_client_ca_file: optional(path, {
    meaning:
      'PEM authorities: only who shows a certificate of one of them may read. Needs a certificate of the listener.',
    otherwise: 'nobody is asked for a certificate',
  }),
  metrics_client_ca: optional(text, { meaning: 'The base64 of the PEM authorities, where they are not in a file.' }),
} as const
