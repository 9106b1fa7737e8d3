import { ReplyError } from 'ioredis'
import type { RedisEndpoint } from '../../config/redis-url.ts'

/**
 * Why Redis did not answer, in one word for logs and metrics: the error code of a Redis reply in lower case (`loading`,
 * `readonly`, `oom`, `noauth`, `wrongpass`, `noperm`, …), a Node error code (`econnrefused`, …), or one of ours.
 */
export type RedisFailureReason = string

/**
 * Redis could not answer. Made without the original error on purpose: ioredis hangs the command with its arguments on
 * it, and for AUTH these are the password.
 */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable'
  readonly reason: RedisFailureReason

  constructor(reason: RedisFailureReason) {
    super(`Redis did not answer: ${reason}`)
    this.reason = reason
  }
}

/** The reason in an error of ioredis. `connected` says whether the connection stands while the error arises. */
export function failureReason(error: unknown, connected: boolean): RedisFailureReason {
  if (error instanceof RedisUnavailable) return error.reason
  if (isReplyError(error)) return replyCode(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string') return code.toLowerCase()
  return connected ? 'timeout' : 'not-connected'
}

/** Redis begins each error reply with its code: the protocol's, not a sentence for people. */
function replyCode(error: Error): string {
  return /^[A-Z]+/.exec(error.message)?.[0].toLowerCase() ?? 'error'
}

export function isReplyWithCode(error: unknown, code: string): boolean {
  return isReplyError(error) && replyCode(error) === code
}

/** Where a node of a cluster sends us: `MOVED slot host:port`, the host empty where it is the one that was asked. */
export function movedTo(error: unknown): RedisEndpoint | undefined {
  const [, host, port] = (isReplyError(error) && /^MOVED \d+ (.*):(\d+)$/.exec(error.message)) || []
  return host === undefined ? undefined : { host, port: Number(port) }
}

/** Redis answered, and what it answered is an error. ioredis exports the class without a type. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof (ReplyError as typeof Error)
}
