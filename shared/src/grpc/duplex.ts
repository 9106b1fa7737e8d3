import type { Caller } from './unary.ts'

/** The server's end of a two-way stream. */
export interface ServerDuplex<Response> {
  readonly caller: Caller
  /** False when the transport's buffer is full: the client reads too slowly. */
  write(message: Response): boolean
  /** Says that no more messages follow. */
  end(): void
}

/** What a stream handler reacts to. `ended`: the client sends no more. `closed`: exactly once, whatever the reason. */
export interface DuplexListener<Request> {
  message(request: Request): void
  ended(): void
  closed(): void
}

/** A method with a stream each way. */
export interface DuplexMethod<Request, Response> {
  readonly kind: 'duplex'
  readonly open: (stream: ServerDuplex<Response>) => DuplexListener<Request>
}

/** A two-way streaming method of a service. `open` runs once per stream. */
export function duplex<Request, Response>(
  open: (stream: ServerDuplex<Response>) => DuplexListener<Request>,
): DuplexMethod<Request, Response> {
  return { kind: 'duplex', open }
}
