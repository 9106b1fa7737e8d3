import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { ErrorCode } from '@postern/shared/errors/catalogue.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  UND_ERR_HEADERS_TIMEOUT: 'UPSTREAM_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'UPSTREAM_TIMEOUT',
  UND_ERR_SOCKET: 'UPSTREAM_RESET',
  ECONNRESET: 'UPSTREAM_RESET',
  EPIPE: 'UPSTREAM_RESET',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'UPSTREAM_PROTOCOL',
  UND_ERR_HEADERS_OVERFLOW: 'UPSTREAM_PROTOCOL',
  ERR_INVALID_CHAR: 'UPSTREAM_PROTOCOL',
  ERR_HTTP_INVALID_HEADER_VALUE: 'UPSTREAM_PROTOCOL',
  ERR_INVALID_HTTP_TOKEN: 'UPSTREAM_PROTOCOL',
  ERR_HTTP_INVALID_STATUS_CODE: 'UPSTREAM_PROTOCOL',
  H2_REFUSED: 'UPSTREAM_RESET',
  H2_RESET: 'UPSTREAM_RESET',
  H2_CONNECTION_LOST: 'UPSTREAM_RESET',
  H2_PROTOCOL: 'UPSTREAM_PROTOCOL',
  UND_ERR_INVALID_ARG: 'INTERNAL',
  UND_ERR_NOT_SUPPORTED: 'INTERNAL',
}

/** What went wrong between us and an upstream, by the error's code; everything before a connection is `UNREACHABLE`. */
export function upstreamFailure(error: unknown): PosternError {
  if (error instanceof PosternError) return error
  const code = codeOf(error)
  const isProtocol = code.startsWith('HPE_') || isUnaskedUpgrade(error)
  const known = isProtocol ? 'UPSTREAM_PROTOCOL' : codes[code]
  return new PosternError(known ?? 'UPSTREAM_UNREACHABLE', `upstream ${code || 'failed'}`, { cause: error })
}

const staleConnection: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'H2_CONNECTION_LOST'])

/** undici's word for a `101` that nobody asked for (security case SMG-14); it has no code of its own. */
const unaskedUpgrade = 'bad upgrade'

/** Whether a kept-alive connection may simply have been closed by the other side as it was used again (REL-L5). */
export function isStaleConnection(error: unknown): boolean {
  return staleConnection.has(codeOf(error)) && !isUnaskedUpgrade(error)
}

/** Whether the upstream has said that it did nothing with the request (RFC 9113 §8.7). */
export function isRefusedUntouched(error: unknown): boolean {
  return codeOf(error) === 'H2_REFUSED'
}

/** Whether no connection came about, so that the upstream cannot have seen the request. */
export function isUnreachable(error: unknown): boolean {
  return upstreamFailure(error).code === 'UPSTREAM_UNREACHABLE'
}

function isUnaskedUpgrade(error: unknown): boolean {
  return codeOf(error) === 'UND_ERR_SOCKET' && error instanceof Error && error.message === unaskedUpgrade
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
