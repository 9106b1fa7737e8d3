import type { ErrorCode } from './catalogue.ts'

/** An error with a stable code. `detail` is for the log; `catalogue[code].says` is for the person. */
export class PosternError extends Error {
  override readonly name = 'PosternError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options)
    this.code = code
  }
}
