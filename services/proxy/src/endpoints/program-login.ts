import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { giveAnswer, ownHeaders } from '../answers/answer.ts'
import type { EndpointDeps, OwnVisit } from './endpoint.ts'
import { firstRouteOf } from './first-route.ts'

/**
 * `/.pomerium/api/v1/login`: a program asks for the address that its person should open in a browser. After the sign-in
 * the browser brings the program's credential for this host to `pomerium_redirect_uri` (pomerium-facts §4.7).
 */
export async function answerProgramLogin({ checker }: EndpointDeps, own: OwnVisit): Promise<void> {
  const { visit, arrival } = own
  const [redirectUri, ...more] = new URLSearchParams(arrival.query).getAll(queryParameters.redirectUri)
  if (redirectUri === undefined || redirectUri === '') throw new PosternError('PAGE_NOT_FOUND', 'no redirect URI')
  if (more.length > 0) throw new PosternError('REQUEST_AMBIGUOUS', 'several redirect URIs')
  const { url } = await checker.createSignInUrl({
    host: arrival.host.host,
    routeId: firstRouteOf(own).id,
    programRedirectUri: redirectUri,
  })
  giveAnswer(visit, {
    status: 200,
    headers: {
      ...ownHeaders(visit.requestId),
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    },
    body: url,
  })
}
