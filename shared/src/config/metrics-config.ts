import type { Secret } from '../secret.ts'
import type { ListenAddress } from './listen-address.ts'
import type { CertificatePair } from './model.ts'

/** The listener for Prometheus; one for each process, whatever runs in it. */
export interface MetricsConfig {
  readonly listen: ListenAddress
  /** `user:password`; left out: nobody is asked. */
  readonly basicAuth?: Secret | undefined
  /** Left out: plain HTTP. */
  readonly certificate?: CertificatePair | undefined
  /** PEM authorities of the certificates that readers have to show; left out: nobody is asked. Never without `certificate`. */
  readonly clientCa?: string | undefined
}
