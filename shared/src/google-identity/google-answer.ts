import { PosternError } from '../errors/postern-error.ts'
import type { IdTokenMinter } from './id-token-minter.ts'

/** How a request for a token failed, free of anything secret. */
export interface GoogleAnswer {
  /** `undefined`: nobody answered, or the answer was no usable token. */
  readonly status: number | undefined
  readonly text: string
}

/** A token that Google issued but that must not be used; the message says why. */
export class UnusableTokenError extends Error {
  override readonly name = 'UnusableTokenError'
}

/** Google did not answer within the time. */
export class MintTimeoutError extends Error {
  override readonly name = 'MintTimeoutError'
}

/** Statuses that trying again does not change: the request is understood, and the answer is no. */
const refusals = new Set([400, 401, 403, 404])

/**
 * The one translation of a failed mint. The library's error is not kept as `cause`: it carries the whole request,
 * the signed assertion and the source credential's token with it.
 */
export function mintError(minter: IdTokenMinter, audience: string, error: unknown): PosternError {
  const answer = readAnswer(error)
  const code = answer.status !== undefined && refusals.has(answer.status) ? 'TOKEN_MINT_FORBIDDEN' : 'TOKEN_MINT_FAILED'
  const said = answer.status === undefined ? answer.text : `Google answered ${String(answer.status)}: ${answer.text}`
  return new PosternError(code, `no ID token for ${audience} with ${minter.name}: ${said}. ${minter.advise(answer)}`)
}

export function readAnswer(error: unknown): GoogleAnswer {
  if (!(error instanceof Error)) return { status: undefined, text: 'unknown failure' }
  const { status, code } = error as { status?: unknown; code?: unknown }
  const answered = typeof status === 'number' ? status : typeof code === 'number' ? code : undefined
  return { status: answered, text: redacted(error.message) }
}

/** One line, bounded, without JWTs, access tokens and PEM blocks that an answer may quote. */
function redacted(text: string): string {
  const line = text
    .replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[key]')
    .replace(/[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '[token]')
    .replace(/ya29\.[\w.-]+/g, '[token]')
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
