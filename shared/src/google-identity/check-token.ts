import { UnusableTokenError } from './google-answer.ts'

/** An ID token and when it ends, as it says itself. */
export interface IdToken {
  readonly text: string
  readonly expiresAtMs: number
}

/** A token with less time left than this is not used any more. */
export const minRemainingMs = 30_000
const maxTokenLength = 8192

/**
 * Looks at what Google issued before anything is sent anywhere: shape, audience, expiry. The signature is for the
 * upstream to verify; the token came over a channel that we trust.
 * @throws UnusableTokenError
 */
export function checkToken(issued: unknown, audiences: readonly string[], nowMs: number): IdToken {
  if (typeof issued !== 'string' || issued === '') throw new UnusableTokenError('the answer holds no token')
  const text = issued.trim()
  if (text.length > maxTokenLength || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) {
    throw new UnusableTokenError('the answer is not a JWT')
  }
  const { aud, exp } = claimsOf(text)
  if (typeof aud !== 'string' || !audiences.includes(aud)) {
    throw new UnusableTokenError('the token is for another audience')
  }
  if (typeof exp !== 'number' || !Number.isFinite(exp))
    throw new UnusableTokenError('the token does not say when it ends')
  const expiresAtMs = exp * 1000
  if (expiresAtMs - nowMs <= minRemainingMs) {
    const seconds = Math.round((expiresAtMs - nowMs) / 1000)
    const ends = seconds > 0 ? `ends in ${String(seconds)} s` : `ended ${String(-seconds)} s ago`
    throw new UnusableTokenError(`the token ${ends}, by the clock of this machine`)
  }
  return { text, expiresAtMs }
}

function claimsOf(jwt: string): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
    if (typeof claims === 'object' && claims !== null) return claims as Record<string, unknown>
  } catch {
    // falls through to the one refusal
  }
  throw new UnusableTokenError('the payload of the token is not a JSON object')
}
