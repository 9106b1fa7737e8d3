import type { Clock } from '@postern/shared/clock.ts'
import type { AuthenticateMetrics, IdpCallResult, IdpEndpoint } from '../metrics.ts'
import type { Fetch } from './bounded-fetch.ts'

export interface CountedFetchDeps {
  readonly metrics: Pick<AuthenticateMetrics, 'idpCalled' | 'idpClockSeen'>
  readonly clock: Clock
}

/** The same fetch; each call is counted by the endpoint that it goes to, and tells what the IdP's clock says. */
export function countedFetch(send: Fetch, endpointOf: (url: string) => IdpEndpoint, deps: CountedFetchDeps): Fetch {
  const { metrics, clock } = deps
  return async (url, options) => {
    const askedAt = performance.now()
    const count = (result: IdpCallResult): void =>
      metrics.idpCalled(endpointOf(url), result, performance.now() - askedAt)
    try {
      const response = await send(url, options)
      count(resultOf(response.status))
      const theirs = Date.parse(response.headers.get('date') ?? '')
      if (Number.isFinite(theirs)) metrics.idpClockSeen(theirs - clock.now().getTime())
      return response
    } catch (error) {
      count(error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'failed')
      throw error
    }
  }
}

function resultOf(status: number): IdpCallResult {
  if (status >= 500) return '5xx'
  return status >= 400 ? '4xx' : 'ok'
}

const endpoints: readonly (readonly [metadata: string, endpoint: IdpEndpoint])[] = [
  ['jwks_uri', 'jwks'],
  ['token_endpoint', 'token'],
  ['userinfo_endpoint', 'userinfo'],
  ['revocation_endpoint', 'revocation'],
  ['introspection_endpoint', 'introspection'],
]

/** Which of the endpoints in an IdP's metadata (OpenID Connect Discovery 1.0, 3) this is. */
export function endpointIn(metadata: Readonly<Record<string, unknown>>, url: string): IdpEndpoint {
  const found = endpoints.find(([name]) => metadata[name] === url)
  return found?.[1] ?? 'other'
}
