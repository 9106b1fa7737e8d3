import { headerOfField, type AccessField } from '@postern/shared/config/log-fields.ts'
import type { LogFields, Logger } from '@postern/shared/log/logger.ts'
import { redactQuery } from '@postern/shared/log/redact-query.ts'
import { shownCertificate } from '../client-certificate/client-certificates.ts'
import { certificateFields } from './certificate-fields.ts'
import type { Visit } from './visit.ts'

/** The platform's way of saying that the client left before the answer was complete. */
const clientClosedRequest = 499
/** Written to the client's socket by the tunnel, not through the response. */
const switchingProtocols = 101

/**
 * Writes the one access record of a request, on finish or on abort. Names as Pomerium has them (pomerium-facts §7.2),
 * with Cloud Logging's `httpRequest` beside them. Without a query, unless the configuration asks for it: it may hold a code
 * or a token (security case LOG-02).
 */
export function writeAccessRecord(log: Logger, visit: Visit): void {
  if (!visit.state.logsAccess) return
  const fields = visit.state.accessRecord(visit)
  if (isProbe(visit)) log.debug(fields, 'http-request')
  else log.info(fields, 'http-request')
}

export type AccessRecorder = (visit: Visit) => LogFields

/** How records are made. Left out: with the usual fields. */
export function accessRecorder(fields?: readonly AccessField[]): AccessRecorder {
  if (fields === undefined) return usualRecord
  const readers = fields.map((field) => [field, readerOf(field)] as const)
  return (visit) => {
    const usual = usualRecord(visit)
    return Object.fromEntries(readers.map(([field, read]) => [field, read?.(visit, usual) ?? usual[field]]))
  }
}

/** For a field that is none of the usual ones. */
function readerOf(field: AccessField): ((visit: Visit, usual: LogFields) => unknown) | undefined {
  const header = headerOfField(field)
  if (header !== undefined) return ({ request }) => headerText(request.headers[header])
  if (field === 'query') return ({ arrival }) => redactQuery(arrival?.query ?? '')
  if (field === 'client-certificate') return ({ request }) => certificateFields(shownCertificate(request.socket))
  if (field === 'cluster-stat-name') return (_visit, usual) => usual['upstream-cluster']
  return undefined
}

function headerText(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value
}

function usualRecord(visit: Visit): LogFields {
  const { arrival, route, request } = visit
  const { host, path } = { host: arrival?.host.host ?? '', path: arrival?.path ?? '' }
  const duration = toMicroseconds(performance.now() - visit.startedAt)
  const status = statusOf(visit)
  const userAgent = request.headers['user-agent']
  const referer = request.headers.referer?.split('?', 1)[0]
  return {
    'request-id': visit.requestId,
    method: request.method,
    authority: host,
    path,
    'user-agent': userAgent,
    referer,
    'forwarded-for': arrival?.client.forwardedFor,
    ip: arrival?.client.address,
    duration,
    size: visit.bytes,
    'response-code': status,
    'response-code-details': detailsOf(visit),
    'upstream-cluster': route?.route.name ?? route?.route.id,
    'route-id': route?.route.id,
    decision: visit.decision,
    user: visit.userId,
    'check-ms': visit.checkMs && toMicroseconds(visit.checkMs),
    'upstream-ms': visit.upstreamMs && toMicroseconds(visit.upstreamMs),
    httpRequest: {
      requestMethod: request.method,
      requestUrl: `${route?.from.scheme ?? 'https'}://${host}${path}`,
      status,
      responseSize: String(visit.bytes),
      userAgent,
      remoteIp: arrival?.client.address,
      referer,
      latency: `${(duration / 1000).toFixed(6)}s`,
      protocol: `HTTP/${request.httpVersion}`,
    },
  }
}

/** The status that the client got, or 499 where it left before it got any. */
export function statusOf({ response }: Visit): number {
  const isAnswered = response.headersSent || response.statusCode === switchingProtocols
  return isAnswered ? response.statusCode : clientClosedRequest
}

/** Digits beyond are noise, and cost more to write than all other fields. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

function detailsOf({ errorCode, response, upstreamMs }: Visit): string {
  if (errorCode !== undefined) return errorCode
  if (response.statusCode === switchingProtocols) return 'tunnel'
  if (!response.writableFinished) return 'client-left'
  return upstreamMs === undefined ? 'answered-by-postern' : 'via-upstream'
}

function isProbe({ request }: Visit): boolean {
  return request.url === '/ping' || request.url === '/healthz'
}
