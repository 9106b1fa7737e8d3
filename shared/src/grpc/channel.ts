import { Client, InterceptingCall, Metadata, type ChannelOptions, type Interceptor } from '@grpc/grpc-js'
import { systemClock, type Clock } from '../clock.ts'
import type { GrpcSecurity, GrpcTarget, ServiceName } from '../config/model.ts'
import { PosternError } from '../errors/postern-error.ts'
import { keepalive, maxMessageBytes } from './limits.ts'
import { channelCredentials, serviceTokens } from './security.ts'
import type { ServiceTokens } from './service-tokens.ts'
import { isLocal, parseTarget } from './target.ts'

export interface ChannelConfig {
  readonly security: GrpcSecurity
  /** Who calls. */
  readonly self: ServiceName
  /** Who is called. */
  readonly service: ServiceName
  /**
   * The name the server's certificate must carry, where the target is one address of that name: client-side load
   * balancing looks names up itself.
   */
  readonly serverName?: string
  readonly clock?: Clock
  /** How often the certificate files are looked at. */
  readonly certificateRefreshMs?: number
}

/** A connection to one target, opened when first used and re-opened with back-off. Disposing of it ends its calls. */
export interface GrpcChannel extends Disposable {
  /** For `call.ts` and `client-stream.ts`. */
  readonly client: Client
}

/**
 * Opens a channel. Several addresses of one name take turns, call by call. A name is looked up again when a connection
 * ends, which servers see to every few minutes.
 * @throws PosternError `CONFIG_INVALID` when the target cannot be read, or is remote and would be spoken to in plain text.
 */
export async function openChannel(target: GrpcTarget, config: ChannelConfig): Promise<GrpcChannel> {
  const { security, self, service, serverName, clock = systemClock, certificateRefreshMs: refreshMs } = config
  const parts = parseTarget(target)
  if (!parts) throw new PosternError('CONFIG_INVALID', `not a gRPC target: ${target}`)
  if (security.kind === 'insecure' && !isLocal(parts)) {
    throw new PosternError('CONFIG_INVALID', `gRPC without authentication to ${target}`)
  }
  const tokens = serviceTokens(security, self, clock)
  const opened = await channelCredentials(security, isLocal(parts), { refreshMs })
  const client = new Client(target, opened.credentials, {
    ...channelOptions,
    ...(serverName !== undefined && {
      'grpc.ssl_target_name_override': serverName,
      'grpc.default_authority': serverName,
    }),
    interceptors: tokens ? [tokenInterceptor(tokens, service)] : [],
  })
  return {
    client,
    [Symbol.dispose]: () => {
      client.close()
      opened[Symbol.dispose]()
    },
  }
}

const channelOptions: ChannelOptions = {
  'grpc.enable_channelz': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  'grpc.keepalive_time_ms': keepalive.timeMs,
  'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5_000,
  'grpc.dns_min_time_between_resolutions_ms': 5_000,
  'grpc.service_config_disable_resolution': 1,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
}

/** Adds the caller's token to every call. An interceptor, because call credentials refuse to go without TLS. */
function tokenInterceptor(tokens: ServiceTokens, service: ServiceName): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, listener, next) => {
        void tokens.authorizationFor(service).then((authorization) => {
          const authorized = metadata instanceof Metadata ? metadata.clone() : new Metadata()
          authorized.set('authorization', authorization)
          next(authorized, listener)
        })
      },
    })
}
