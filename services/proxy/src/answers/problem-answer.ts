import { catalogue } from '@postern/shared/errors/catalogue.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { isNavigation, negotiateFormat } from '@postern/shared/problem/negotiate.ts'
import { problemOf } from '@postern/shared/problem/problem-from-error.ts'
import type { Problem, ProblemAction } from '@postern/shared/problem/problem.ts'
import { renderProblem } from '@postern/shared/problem/render-problem.ts'
import type { OutgoingHttpHeaders } from 'node:http'
import type { Visit } from '../log/visit.ts'
import { giveAnswer } from './answer.ts'
import { pageAddress } from './page-address.ts'

/** After these nobody knows where the next request on the connection begins, or wants to. */
const closing: ReadonlySet<string> = new Set([
  'REQUEST_AMBIGUOUS',
  'REQUEST_URI_TOO_LONG',
  'REQUEST_HEADERS_TOO_LARGE',
  'REQUEST_TIMEOUT',
  'METHOD_NOT_ALLOWED',
  'DRAINING',
])

/** Tells the caller about a problem, in the form it understands. */
export function answerProblem(visit: Visit, problem: Problem, headers: OutgoingHttpHeaders = {}): void {
  visit.errorCode = problem.code
  const format = negotiateFormat(visit.request.headers)
  const rendered = renderProblem(problem, format)
  // gRPC says everything in its own status: its protocol has 200 around it, and no body, which makes this trailers only.
  const isGrpc = format === 'grpc' && visit.request.hasBody !== undefined
  giveAnswer(visit, {
    status: isGrpc ? 200 : rendered.status,
    headers: { ...rendered.headers, ...headers },
    body: rendered.body,
    closes: closing.has(problem.code),
  })
}

/** The only place where an exception becomes a response. What is ours to repair is logged with its stack. */
export function answerFailure(visit: Visit, error: unknown, log: Logger): void {
  const problem = problemOf(error, visit.requestId)
  if (catalogue[problem.code].http >= 500) {
    const route = visit.route?.route
    const to = route?.upstreams.map(({ url }) => url.origin).join(', ')
    const fields = {
      'request-id': visit.requestId,
      route: route?.name ?? visit.arrival?.host.host,
      'route-id': route?.id,
      to,
    }
    log.error({ ...fields, error }, 'request failed')
  }
  answerProblem(visit, { ...problem, actions: [...problem.actions, ...waysOn(visit, problem)] })
}

/** What a person can click on: the same page again where that can help, the front page for a sign-in that went wrong. */
function waysOn({ request, arrival }: Visit, { code, retryAfterSeconds }: Problem): readonly ProblemAction[] {
  if (arrival === undefined || !isNavigation(request.method ?? '', request.headers)) return []
  if (code === 'TICKET_INVALID') return [{ label: 'Start again', href: '/', method: 'GET' }]
  if (retryAfterSeconds === undefined) return []
  return [{ label: 'Try again', href: pageAddress(arrival), method: 'GET' }]
}
