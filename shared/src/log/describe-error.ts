/** An exception as data: what it is, its stable code, its stack, and what caused it. */
export interface ErrorDescription {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: ErrorDescription
  /** The parts of an `AggregateError`: a host with several addresses fails once for each. */
  readonly errors?: readonly ErrorDescription[]
}

const maxCauses = 5
const maxErrors = 4

/** `clean` removes secrets from every text: libraries put URLs with passwords into their messages. */
export function describeError(error: unknown, clean: (text: string) => string, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: clean(String(error)) }
  const code = 'code' in error ? error.code : undefined
  const deeper = depth < maxCauses
  const parts = deeper && error instanceof AggregateError ? (error.errors as unknown[]).slice(0, maxErrors) : []
  return {
    type: error.name,
    message: clean(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(error.stack === undefined ? {} : { stack: clean(error.stack) }),
    ...(deeper && error.cause !== undefined ? { cause: describeError(error.cause, clean, depth + 1) } : {}),
    ...(parts.length === 0 ? {} : { errors: parts.map((part) => describeError(part, clean, depth + 1)) }),
  }
}
