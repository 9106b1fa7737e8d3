import { Client, InterceptingCall, Metadata, status, type ChannelOptions, type Interceptor } from '@grpc/grpc-js'
import { systemClock, type Clock } from '../clock.ts'
import type { GrpcSecurity, GrpcTarget, ServiceName } from '../config/model.ts'
import { PosternError } from '../errors/postern-error.ts'
import type { Logger } from '../log/logger.ts'
import { googleAuthorization } from './google-callers.ts'
import { keepalive, maxMessageBytes } from './limits.ts'
import { channelCredentials, serviceTokens } from './security.ts'
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
  readonly log?: Logger
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
  const { security, serverName, clock = systemClock, certificateRefreshMs: refreshMs } = config
  const parts = parseTarget(target)
  if (!parts) throw new PosternError('CONFIG_INVALID', `not a gRPC target: ${target}`)
  if (security.kind === 'insecure' && !isLocal(parts)) {
    throw new PosternError('CONFIG_INVALID', `gRPC without authentication to ${target}`)
  }
  const proof = proofOf(config, clock)
  const opened = await channelCredentials(security, isLocal(parts), { refreshMs })
  const client = new Client(target, opened.credentials, {
    ...channelOptions,
    ...(serverName !== undefined && {
      'grpc.ssl_target_name_override': serverName,
      'grpc.default_authority': serverName,
    }),
    interceptors: proof ? [proofInterceptor(proof)] : [],
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
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.dns_min_time_between_resolutions_ms': 5_000,
  'grpc.service_config_disable_resolution': 1,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
}

/** Metadata that says who calls; `undefined` where certificates or the machine itself do. */
type Proof = () => Promise<readonly (readonly [name: string, value: string])[]>

function proofOf({ security, self, service, log = silent }: ChannelConfig, clock: Clock): Proof | undefined {
  if (security.kind === 'google') {
    const authorization = googleAuthorization(security, service, { clock, log })
    return async () => {
      const value = await authorization()
      // Cloud Run takes the first for itself and leaves the second alone, which the service verifies.
      return [
        ['x-serverless-authorization', value],
        ['authorization', value],
      ]
    }
  }
  const tokens = serviceTokens(security, self, clock)
  return tokens && (async () => [['authorization', await tokens.authorizationFor(service)]])
}

/**
 * Adds the caller's proof to every call. An interceptor, because call credentials refuse to go without TLS. A call for
 * which there is no proof fails as unavailable, and is never sent.
 */
function proofInterceptor(proof: Proof): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, listener, next) => {
        proof().then(
          (entries) => {
            const proven = metadata instanceof Metadata ? metadata.clone() : new Metadata()
            for (const [name, value] of entries) proven.set(name, value)
            next(proven, listener)
          },
          () => {
            const details = 'no token could be had for this call'
            listener.onReceiveStatus({ code: status.UNAVAILABLE, details, metadata: new Metadata() })
          },
        )
      },
    })
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
