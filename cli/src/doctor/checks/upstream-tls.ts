import type { ProxyRoute } from '@postern/shared/config/model.ts'
import type { Destination } from '../probe/connect.ts'

/** How the proxy would check the upstream, and what it would show it. */
export function tlsOf({
  ca,
  serverName,
  skipVerify,
  clientCertificate,
}: ProxyRoute['upstreamTls']): NonNullable<Destination['tls']> {
  return {
    serverName,
    ca,
    skipVerify,
    ...(clientCertificate === undefined
      ? {}
      : {
          clientCertificate: { certificate: clientCertificate.certificate, key: clientCertificate.key.reveal() },
        }),
  }
}
