import { HostCookies } from '../access/host-cookies.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { giveAnswer, ownHeaders } from '../answers/answer.ts'
import type { EndpointDeps, OwnVisit } from './endpoint.ts'

/**
 * Signs out on this host and goes on to authenticate, with a signed address at which the session itself ends. A request
 * that another site caused gets no signed address: authenticate asks the person first, and the cookie stays until then.
 * What the identity provider says in a frame of its own (`iss` and `sid`) is handed on as it came.
 */
export async function signOut({ checker }: EndpointDeps, { visit, arrival, origin }: OwnVisit): Promise<void> {
  const { config } = visit.state
  // After a POST the browser must not post to the next address too.
  const status = arrival.head.method === 'POST' ? 303 : 302
  const logout = frontChannelLogout(arrival.query)
  if (logout !== undefined || visit.request.headers['sec-fetch-site'] === 'cross-site') {
    const location = new URL(`/.pomerium/sign_out${logout ?? ''}`, config.authenticateUrl).href
    giveAnswer(visit, { status, headers: { ...ownHeaders(visit.requestId), location }, body: '' })
    return
  }
  const location = await checker.createSignOutUrl(
    arrival.host.host,
    arrival.presented.credential,
    cameFrom(arrival.query, origin),
  )
  const cookies = new HostCookies(config.cookie, arrival.host.name)
  giveAnswer(visit, {
    status,
    headers: {
      ...ownHeaders(visit.requestId),
      location,
      'referrer-policy': 'no-referrer',
      'set-cookie': [cookies.clearSession(), cookies.clearReturns()],
    },
    body: '',
  })
}

/** Where our page that led here was shown: on this host, whatever the address says; else this host's front page. */
function cameFrom(query: string, origin: string): string {
  const named = URL.parse(new URLSearchParams(query).get(queryParameters.redirectUri) ?? '/', origin)
  return named?.origin === origin ? named.href : `${origin}/`
}

/** OpenID Connect Front-Channel Logout 1.0: authenticate knows what to make of it. */
function frontChannelLogout(query: string): string | undefined {
  const parameters = [...new URLSearchParams(query)].filter(([name]) => name === 'iss' || name === 'sid')
  const isOne = parameters.some(([name]) => name === 'iss') && parameters.some(([name]) => name === 'sid')
  return isOne ? `?${new URLSearchParams(parameters).toString()}` : undefined
}
