import { answerHeaders } from '../pages/layout.ts'
import { renderProblemPage } from '../pages/problem-page.ts'
import type { Problem, ProblemFormat, RenderedProblem } from './problem.ts'

/** gRPC status codes by HTTP status, as Pomerium maps them; anything else is UNKNOWN (2). */
const grpcStatuses: Readonly<Record<number, number>> = {
  400: 13, // INTERNAL
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 12, // UNIMPLEMENTED
  429: 14, // UNAVAILABLE
  502: 14,
  503: 14,
  504: 14,
}

const kubernetesReasons: Readonly<Record<number, string>> = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound' }

/** The complete answer for a problem: status, headers and body. Nothing in it that the problem does not say. */
export function renderProblem(problem: Problem, format: ProblemFormat): RenderedProblem {
  const { status, code, retryAfterSeconds } = problem
  const { headers, body } = renderAs(problem, format)
  return {
    status,
    headers: {
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      ...headers,
      ...answerHeaders(problem.requestId),
      'postern-error': code,
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}), // RFC 9110 §15.5.2
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body,
  }
}

function renderAs(
  problem: Problem,
  format: ProblemFormat,
): { headers: Readonly<Record<string, string>>; body: string } {
  switch (format) {
    case 'html':
      return renderProblemPage(problem)
    case 'json':
      return asJson(jsonBody(problem))
    case 'kubernetes':
      return asJson(kubernetesBody(problem))
    case 'text':
      return { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: textBody(problem) }
    case 'grpc':
    case 'grpc-web':
      return { headers: grpcHeaders(problem, format), body: '' }
  }
}

function asJson(value: unknown): { headers: Readonly<Record<string, string>>; body: string } {
  return { headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value, undefined, 2)}\n` }
}

/** `error` and `request_id` are Pomerium's names; programs written for it find them. */
function jsonBody(problem: Problem): Record<string, unknown> {
  const { code, status, requestId, says, advice, facts, explanation, signInUrl } = problem
  return {
    error: says,
    code,
    status,
    advice,
    request_id: requestId,
    sign_in_url: signInUrl,
    facts: facts.length === 0 ? undefined : Object.fromEntries(facts.map(({ label, value }) => [label, value])),
    explanation,
  }
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
function kubernetesBody({ status, says, code, requestId }: Problem): Record<string, unknown> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${says} (${code}, request ${requestId})`,
    reason: kubernetesReasons[status],
    code: status,
  }
}

function textBody({ status, says, advice, code, requestId, signInUrl, facts, explanation }: Problem): string {
  const lines = [
    `${status} ${says}`,
    advice,
    ...(signInUrl === undefined ? [] : [`Sign in: ${signInUrl}`]),
    ...facts.map(({ label, value }) => `${label}: ${value}`),
    ...(explanation === undefined ? [] : [explanation]),
    `${code}, request ${requestId}`,
  ]
  return `${lines.join('\n')}\n`
}

function grpcHeaders({ status, says }: Problem, format: 'grpc' | 'grpc-web'): Readonly<Record<string, string>> {
  return {
    'content-type': `application/${format}+json`,
    'grpc-status': String(grpcStatuses[status] ?? 2),
    'grpc-message': percentEncode(says),
  }
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: bytes outside printable ASCII, and `%`. */
function percentEncode(message: string): string {
  const bytes = [...Buffer.from(message, 'utf8')]
  return bytes
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}
