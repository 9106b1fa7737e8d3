import { Metadata, type ServiceError } from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import type { CallOptions } from './call.ts'
import type { GrpcChannel } from './channel.ts'
import { errorFromStatus } from './status.ts'

/** What a server says about a service of its own. */
export type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'UNKNOWN' | 'SERVICE_UNKNOWN'

interface WatchMethod {
  readonly path: string
  readonly requestSerialize: (request: { readonly service: string }) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => { readonly status: ServingStatus }
}

/**
 * Asks the standard health service (`grpc.health.v1`), and proves who asks: servers answer `Check` to everybody, for the
 * sake of probes, but `Watch` to callers alone. `service` is a full name, such as `postern.authorize.v1.Authorize`.
 * @throws PosternError one of the codes in `options`.
 */
export function askHealth(channel: GrpcChannel, service: string, options: CallOptions): Promise<ServingStatus> {
  const { path, requestSerialize, responseDeserialize } = healthService['Watch'] as unknown as WatchMethod
  const deadline = Date.now() + options.timeoutMs
  return new Promise((resolve, reject) => {
    const metadata = new Metadata({ waitForReady: true })
    const call = channel.client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { service },
      metadata,
      { deadline },
    )
    call.once('data', ({ status }: { readonly status: ServingStatus }) => {
      resolve(status)
      call.cancel()
    })
    call.on('error', (error: ServiceError) => reject(errorFromStatus(error, options)))
  })
}
