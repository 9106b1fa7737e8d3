import { allowInsecureRequests, type Configuration } from 'openid-client'
import { isLoopbackHost } from '../web/loopback-host.ts'

/**
 * The only place where plain HTTP to an IdP is switched on, and only for an issuer on this machine: the quick start and
 * the tests. `boundedFetch` holds every single request to the same rule.
 */
export function insecureLoopback(issuer: URL): ((configuration: Configuration) => void)[] {
  // openid-client marks this function so that its use stands out. It does: here, and nowhere else.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return issuer.protocol === 'http:' && isLoopbackHost(issuer.hostname) ? [allowInsecureRequests] : []
}
