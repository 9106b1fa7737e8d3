import type { ServiceName } from '../config/model.ts'

/** Who calls: a service known by its certificate or token, or somebody on this machine where transport needs no proof. */
export type Caller = ServiceName | 'local'

export interface CallContext {
  readonly caller: Caller
  /** What is left of the caller's deadline when the handler starts, in milliseconds; bounded where the caller set none. */
  readonly deadlineMs: number
}

/** A method with one request and one response. */
export interface UnaryMethod<Request, Response> {
  readonly kind: 'unary'
  readonly handler: (request: Request, context: CallContext) => Promise<Response>
  /** Left out: everybody who may call the server at all. */
  readonly callers?: readonly ServiceName[]
}

/**
 * A method of a service. What the handler throws crosses as a status: a `PosternError` with its code in a trailer,
 * anything else as a bare INTERNAL, logged where it happened. With `callers`, the other services are refused here.
 */
export function unary<Request, Response>(
  handler: (request: Request, context: CallContext) => Promise<Response>,
  callers?: readonly ServiceName[],
): UnaryMethod<Request, Response> {
  return callers === undefined ? { kind: 'unary', handler } : { kind: 'unary', handler, callers }
}
