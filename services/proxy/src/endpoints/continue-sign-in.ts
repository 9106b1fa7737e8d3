import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { queryParameters } from '@postern/shared/vocabulary/query-parameters.ts'
import { HostCookies } from '../access/host-cookies.ts'
import { giveAnswer, ownHeaders } from '../answers/answer.ts'
import type { EndpointDeps, OwnVisit } from './endpoint.ts'
import { firstRouteOf } from './first-route.ts'

/**
 * `/.pomerium/continue`: the sign-in to another host, which depends on this one, goes on here. This host binds it to the
 * browser with a cookie of its own, as if the person had come here first.
 */
export async function continueSignIn({ checker }: EndpointDeps, own: OwnVisit): Promise<void> {
  const { visit, arrival } = own
  const [chain, ...more] = new URLSearchParams(arrival.query).getAll(queryParameters.chain)
  if (chain === undefined || chain === '' || more.length > 0) {
    throw new PosternError('SIGN_IN_LINK_INVALID', 'not exactly one rest of a sign-in')
  }
  const { url, binding } = await checker.createSignInUrl({
    host: arrival.host.host,
    routeId: firstRouteOf(own).id,
    chain,
    signInBinding: arrival.cookies.bindings[0],
  })
  const cookies = new HostCookies(visit.state.config.cookie, arrival.host.name)
  giveAnswer(visit, {
    status: 302,
    headers: {
      ...ownHeaders(visit.requestId),
      location: url,
      'referrer-policy': 'no-referrer',
      'set-cookie': [cookies.binding(binding)],
    },
    body: '',
  })
}
