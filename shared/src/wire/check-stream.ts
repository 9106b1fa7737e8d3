import { catalogue, isErrorCode, type ErrorCode } from '../errors/catalogue.ts'
import { PosternError } from '../errors/postern-error.ts'
import type { Check__Input as CheckInput } from '../gen/postern/authorize/v1/Check.ts'
import type { CheckBatch__Input as CheckBatchInput } from '../gen/postern/authorize/v1/CheckBatch.ts'
import type { CheckResult, CheckResult__Input as CheckResultInput } from '../gen/postern/authorize/v1/CheckResult.ts'
import type {
  CheckResults,
  CheckResults__Input as CheckResultsInput,
} from '../gen/postern/authorize/v1/CheckResults.ts'
import type { CheckAnswer, CheckQuestion } from '../vocabulary/check.ts'
import { encodeQuestion } from './check-request.ts'
import { decodeAnswer, encodeAnswer, unrecognised } from './check-response.ts'

/** Messages of the check stream; their fields are read here and in the files beside. */
export type { CheckBatchInput, CheckInput, CheckResultInput, CheckResults, CheckResultsInput }
export type { CheckBatch } from '../gen/postern/authorize/v1/CheckBatch.ts'
export type { Check } from '../gen/postern/authorize/v1/Check.ts'

/** One check of a batch. `deadlineMs`: what is left of the caller's deadline. */
export function encodeCheck(id: number, deadlineMs: number, question: CheckQuestion): CheckInput {
  // 0 would read as "no deadline"; what is sent has at least a millisecond left.
  return { id, deadlineMs: Math.max(1, Math.ceil(deadlineMs)), request: encodeQuestion(question) }
}

/** The result that carries an answer. */
export function encodeAnswered(id: number, answer: CheckAnswer): CheckResultInput {
  return { id, response: encodeAnswer(answer) }
}

/** The result that carries the failure to answer: only the code crosses, details stay in the log. */
export function encodeFailed(id: number, error: unknown): CheckResultInput {
  const code: ErrorCode = error instanceof PosternError ? error.code : 'INTERNAL'
  return { id, error: { code, retryable: catalogue[code].retryable } }
}

/** What became of one check. */
export type CheckOutcome =
  | { readonly kind: 'answered'; readonly answer: CheckAnswer }
  /** Not a decision. `retryable`: another instance may be able to make one. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly retryable: boolean }

/** The outcome a result stands for. One that carries neither an answer nor an error is a refusal. */
export function decodeOutcome(result: CheckResult): CheckOutcome {
  if (result.error) {
    const { code, retryable } = result.error
    return { kind: 'failed', code: isErrorCode(code) ? code : 'PDP_UNAVAILABLE', retryable }
  }
  return { kind: 'answered', answer: result.response ? decodeAnswer(result.response) : unrecognised }
}
