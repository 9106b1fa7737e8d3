import { allowInsecureRequests } from 'openid-client'
import { isLoopbackHost } from '../web/loopback-host.ts'

/**
 * The only place where plain HTTP to an IdP is switched on, and only for an issuer on this machine: the quick start and
 * the tests. `boundedFetch` holds every single request to the same rule.
 */
export function insecureLoopback(issuer: URL): (typeof allowInsecureRequests)[] {
  return issuer.protocol === 'http:' && isLoopbackHost(issuer.hostname) ? [allowInsecureRequests] : []
}
