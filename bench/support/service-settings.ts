import type { Ports } from '@postern/dev/ports.ts'

/** What the services of a benchmark are configured with, up to their routes: loopback, plain text, an IdP nobody asks. */
export function serviceSettings(ports: Ports, redisUrl: string): string {
  return `
address: 127.0.0.1:${String(ports.proxy)}
grpc_address: 127.0.0.1:${String(ports.verify)}
insecure_server: true
authenticate_service_url: http://authenticate.localhost:${String(ports.proxy)}
authorize_service_url: http://127.0.0.1:${String(ports.verify)}
authenticate_grpc_service_url: http://127.0.0.1:${String(ports.cloudRun)}
redis_url: ${redisUrl}
idp_provider: oidc
idp_provider_url: http://localhost:1
idp_client_id: bench
idp_client_secret: bench
`
}
