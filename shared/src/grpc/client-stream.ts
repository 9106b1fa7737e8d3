import { status } from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { PosternError } from '../errors/postern-error.ts'
import type { GrpcChannel } from './channel.ts'
import { errorFromStatus, type CallFailureCodes } from './status.ts'

/** The client's end of a two-way stream. */
export interface ClientDuplex<Request> {
  /** False when the transport's buffer is full. */
  write(message: Request): boolean
  /** Says that no more messages follow; answers still come. */
  end(): void
  /** Breaks the stream off. `closed` follows. */
  cancel(): void
}

export interface ClientDuplexListener<Response> {
  message(response: Response): void
  /** Exactly once. `undefined`: the server ended it in order. */
  closed(error: PosternError | undefined): void
}

/** Opens a two-way stream, without a deadline of its own: whoever writes on it keeps one per message. */
export function openDuplex<RequestIn, ResponseIn, RequestOut, ResponseOut>(
  channel: GrpcChannel,
  method: MethodDefinition<RequestIn, ResponseIn, RequestOut, ResponseOut>,
  codes: CallFailureCodes,
  listener: ClientDuplexListener<ResponseOut>,
): ClientDuplex<RequestIn> {
  const call = channel.client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize)
  let failure: PosternError | undefined
  call.on('data', (message: ResponseOut) => listener.message(message))
  call.on('error', (error) => (failure = errorFromStatus(error as Parameters<typeof errorFromStatus>[0], codes)))
  call.on('status', (ended) => {
    // What was received before the end is still on its way through the stream's buffer.
    setImmediate(() => listener.closed(ended.code === status.OK ? undefined : failure))
  })
  return { write: (message) => call.write(message), end: () => call.end(), cancel: () => call.cancel() }
}
