import type { ProxyRoute } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { OwnVisit } from './endpoint.ts'

/** The route that stands for its host where the path does not matter. @throws PosternError ROUTE_NOT_FOUND */
export function firstRouteOf({ visit, arrival }: OwnVisit): ProxyRoute {
  const route = visit.state.table.routeOn(arrival.host)?.route
  if (route === undefined) throw new PosternError('ROUTE_NOT_FOUND', 'no route on this host')
  return route
}
