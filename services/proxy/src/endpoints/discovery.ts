import { giveAnswer } from '../answers/answer.ts'
import type { EndpointDeps, OwnVisit } from './endpoint.ts'
import { publicJsonHeaders } from './public-json.ts'

/** `/.well-known/pomerium`: where an application on this host finds what it needs to verify an assertion. */
export function answerDiscovery(_deps: EndpointDeps, { visit, arrival, origin }: OwnVisit): void {
  const isPreflight = arrival.head.method === 'OPTIONS'
  const document = {
    issuer: `${origin}/`,
    authentication_callback_endpoint: new URL('/oauth2/callback', visit.state.config.authenticateUrl).href,
    jwks_uri: `${origin}/.well-known/pomerium/jwks.json`,
    backchannel_logout_uri: new URL('/.pomerium/backchannel_logout', visit.state.config.authenticateUrl).href,
    frontchannel_logout_uri: `${origin}/.pomerium/sign_out`,
  }
  giveAnswer(visit, {
    status: isPreflight ? 204 : 200,
    headers: publicJsonHeaders(visit.requestId, isPreflight),
    body: isPreflight ? '' : JSON.stringify(document),
  })
}
