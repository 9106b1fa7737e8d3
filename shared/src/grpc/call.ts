import { Metadata } from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GrpcChannel } from './channel.ts'
import { errorFromStatus, type CallFailureCodes } from './status.ts'

export interface CallOptions extends CallFailureCodes {
  /** The call fails with the deadline code after this time, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * Calls a method once. Waits for a connection within the deadline instead of failing while one is being made.
 * @throws PosternError with the code that the service named, else one of `options`.
 */
export function callUnary<RequestIn, ResponseIn, RequestOut, ResponseOut>(
  channel: GrpcChannel,
  method: MethodDefinition<RequestIn, ResponseIn, RequestOut, ResponseOut>,
  request: RequestIn,
  options: CallOptions,
): Promise<ResponseOut> {
  return new Promise((resolve, reject) => {
    channel.client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      new Metadata({ waitForReady: true }),
      { deadline: Date.now() + options.timeoutMs },
      (error, response) => {
        if (error) return reject(errorFromStatus(error, options))
        // grpc-js answers with exactly one of the two.
        resolve(response as ResponseOut)
      },
    )
  })
}
