import type { OutgoingHttpHeaders } from 'node:http'
import type { Visit } from '../log/visit.ts'

/**
 * CORS headers with which a page of another origin may read that a sign-in is required, so that a single-page application
 * can notice and act (security case CORS-02). Only for the origins that the route itself names, each by name.
 */
export function readableRefusal({ request, route }: Visit): OutgoingHttpHeaders {
  const readableBy = route?.route.readableBy ?? []
  if (readableBy.length === 0) return {}
  // The answer depends on who asks, also for those who may not read it.
  const { origin } = request.headers
  if (origin === undefined || !readableBy.includes(origin)) return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'postern-error, www-authenticate, x-request-id',
  }
}
