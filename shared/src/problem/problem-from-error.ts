import { catalogue, type ErrorCode } from '../errors/catalogue.ts'
import { PosternError } from '../errors/postern-error.ts'
import type { Problem } from './problem.ts'

/** What is worth trying again is worth a short wait first, in seconds. */
const retryAfterSeconds = 2

/** The problem of one code as the catalogue has it; `details` replaces what the case knows better. */
export function problemOfCode(
  code: ErrorCode,
  requestId: string,
  details: Partial<Omit<Problem, 'code' | 'requestId'>> = {},
): Problem {
  const { http, says, advice, retryable } = catalogue[code]
  return {
    code,
    status: http,
    requestId,
    says,
    advice,
    actions: [],
    facts: [],
    explanation: undefined,
    signInUrl: undefined,
    retryAfterSeconds: retryable ? retryAfterSeconds : undefined,
    ...details,
  }
}

/** What may be told about an exception: its code's words, or for anything without a code only that it is our fault. */
export function problemOf(error: unknown, requestId: string): Problem {
  return problemOfCode(error instanceof PosternError ? error.code : 'INTERNAL', requestId)
}
