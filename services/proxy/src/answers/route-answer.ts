import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Visit } from '../log/visit.ts'
import type { Arrival } from '../request/arrival.ts'
import type { PreparedRoute } from '../routes/prepared-route.ts'
import type { RouteReply } from '../routes/route-reply.ts'
import { giveAnswer, ownHeaders } from './answer.ts'

/**
 * Gives the answer that the route itself is made of, once the request is allowed. Never kept by a cache: the next one
 * who asks may not be. @throws PosternError when the redirect would leave the prefix it belongs under
 */
export function giveRouteAnswer(visit: Visit, arrival: Arrival, { route }: PreparedRoute, reply: RouteReply): void {
  const headers = ownHeaders(visit.requestId)
  const defaults = lowerCased(route.setResponseHeaders)
  if (reply.kind === 'response') {
    const { status, body } = reply
    giveAnswer(visit, { status, headers, defaults: { 'content-type': 'text/plain; charset=utf-8', ...defaults }, body })
    return
  }
  const location = reply.locationOf(arrival)
  if (location === undefined) throw new PosternError('REQUEST_AMBIGUOUS', 'the redirect leaves its prefix')
  giveAnswer(visit, { status: reply.status, headers: { ...headers, location }, defaults, body: '' })
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
