import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { Visit } from '../log/visit.ts'
import type { Arrival } from '../request/arrival.ts'
import { giveAnswer, ownHeaders } from './answer.ts'

/**
 * Sends a client whose path had an escaped slash to the same address with a real one, so that everybody on the way reads
 * the same path. The whole address, since `//elsewhere` alone would lead away. @throws PosternError ROUTE_NOT_FOUND
 */
export function redirectToPlainPath(visit: Visit, { host, path, query }: Arrival): void {
  const route = visit.state.table.routeOn(host)
  if (route === undefined) throw new PosternError('ROUTE_NOT_FOUND', 'no route on this host')
  const location = `${route.from.scheme}://${host.host}${path}${query === '' ? '' : `?${query}`}`
  giveAnswer(visit, { status: 307, headers: { ...ownHeaders(visit.requestId), location }, body: '' })
}
