import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { ErrorCode } from '@postern/shared/errors/catalogue.ts'

/** A refusal or a failure of the IdP, with what of its own words is fit to be shown and obeyed. */
export class IdpError extends PosternError {
  /** The IdP's own error code and text, for the person; bounded, plain text, escaped where it is shown. */
  readonly idpSays: string | undefined
  /** When the IdP asked us to come back. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, detail: string, options: ErrorOptions & { idpSays?: string; retryAfterMs?: number }) {
    super(code, detail, options)
    this.idpSays = options.idpSays
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Errors in the redirect back that are no fault of the person and may be gone in a moment. */
const temporary = new Set(['temporarily_unavailable', 'server_error'])

/** RFC 6749 5.2: the installation is wrong, not the person. */
const ourFault = new Set(['invalid_client', 'unauthorized_client', 'unsupported_grant_type'])

const codeOfClientError: Readonly<Record<string, ErrorCode>> = {
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'IDP_CLAIMS_REFUSED',
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: 'IDP_CLAIMS_REFUSED',
  OAUTH_INVALID_RESPONSE: 'IDP_CLAIMS_REFUSED',
  OAUTH_UNSUPPORTED_OPERATION: 'IDP_CLAIMS_REFUSED',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'IDP_CLAIMS_REFUSED',
}

/**
 * What openid-client threw, as one of our codes. `doing` is for the log. Everything that is not clearly a refusal is
 * `IDP_UNAVAILABLE`: no answer, half an answer, an unknown signing key (a rotation that has not reached us yet).
 */
export function idpError(error: unknown, doing: string): PosternError {
  if (error instanceof PosternError) return error
  if (error instanceof AuthorizationResponseError) return declined(error, doing)
  if (error instanceof ResponseBodyError) return refusedByEndpoint(error, doing)
  if (error instanceof WWWAuthenticateChallengeError) {
    return new IdpError('IDP_MISCONFIGURED', `${doing}: the IdP refused our client credentials`, { cause: error })
  }
  const code = error instanceof ClientError && error.code !== undefined ? codeOfClientError[error.code] : undefined
  return new IdpError(code ?? 'IDP_UNAVAILABLE', doing, { cause: error, ...retryAfterOf(error) })
}

/** Runs one exchange with the IdP; whatever it throws comes out as one of our codes. */
export async function talkingToIdp<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw idpError(error, doing)
  }
}

function declined(error: AuthorizationResponseError, doing: string): IdpError {
  const code = temporary.has(error.error) ? 'IDP_UNAVAILABLE' : 'IDP_DECLINED'
  const idpSays = presentable(error.error, error.error_description)
  // Without a cause: that of this error is the whole query of the redirect.
  return new IdpError(code, `${doing}: the IdP answered ${idpSays}`, { idpSays })
}

function refusedByEndpoint(error: ResponseBodyError, doing: string): IdpError {
  const detail = `${doing}: the IdP answered ${String(error.status)} ${presentable(error.error, undefined)}`
  const options = { cause: error, ...retryAfter(error.response) }
  if (error.status >= 500 || error.status === 429) return new IdpError('IDP_UNAVAILABLE', detail, options)
  return new IdpError(ourFault.has(error.error) ? 'IDP_MISCONFIGURED' : 'IDP_REJECTED_CODE', detail, options)
}

/** Whether the token endpoint says that a grant (code, refresh token) is no longer good. */
export function isInvalidGrant(error: unknown): boolean {
  return error instanceof ResponseBodyError && error.error === 'invalid_grant'
}

/** Whether the token endpoint did not like how we proved who we are. */
export function isInvalidClient(error: unknown): boolean {
  if (error instanceof WWWAuthenticateChallengeError) return true
  return error instanceof ResponseBodyError && error.error === 'invalid_client'
}

/** Whether what failed is that the IdP does not take the token it was shown, by itself or by a challenge (RFC 6750, 3). */
export function isTokenRefusal(error: unknown): boolean {
  const cause = error instanceof PosternError ? error.cause : error
  if (cause instanceof WWWAuthenticateChallengeError) return tokenRefusals.has(cause.status)
  return cause instanceof ClientError && cause.cause instanceof Response && tokenRefusals.has(cause.cause.status)
}

const tokenRefusals: ReadonlySet<number> = new Set([400, 401, 403])

function presentable(code: string, description: string | undefined): string {
  const text = description === undefined || description === '' ? code : `${code}: ${description}`
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200)
}

function retryAfterOf(error: unknown): { retryAfterMs?: number } {
  return error instanceof ClientError && error.cause instanceof Response ? retryAfter(error.cause) : {}
}

function retryAfter(response: Response): { retryAfterMs?: number } {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: Math.min(seconds, 3_600) * 1_000 } : {}
}
