import { chmod } from 'node:fs/promises'
import { Server, type ServerCredentials } from '@grpc/grpc-js'
import { systemClock, type Clock } from '../clock.ts'
import { describeListenAddress, type ListenAddress } from '../config/listen-address.ts'
import type { GrpcSecurity, ServiceName } from '../config/model.ts'
import { PosternError } from '../errors/postern-error.ts'
import { listenFailure } from '../http/listen-failure.ts'
import { googleKeysUrl as publishedKeysUrl } from '../jose/google-id-token.ts'
import type { Logger } from '../log/logger.ts'
import { callerCheck, callerGuard, type CallerCheck, type CallerGuardDeps } from './caller-guard.ts'
import { GoogleCallers } from './google-callers.ts'
import { Health } from './health.ts'
import { keepalive, maxMessageBytes } from './limits.ts'
import { serverCredentials, serviceTokens } from './security.ts'
import { grpcHandlers } from './server-handlers.ts'
import type { GrpcService } from './service.ts'
import { removeStaleSocket } from './stale-socket.ts'
import { isLocal, targetOf } from './target.ts'

export interface GrpcServerOptions {
  readonly listen: ListenAddress
  readonly security: GrpcSecurity
  /** Which service this is: tokens made for another are refused. */
  readonly self: ServiceName
  /** Everybody else is refused before any handler runs. */
  readonly allowedCallers: readonly ServiceName[]
  readonly services: readonly GrpcService[]
  readonly log: Logger
  readonly clock?: Clock
  /** How long calls in flight may take to finish when the server is disposed of; the platform gives ten seconds in all. */
  readonly drainMs?: number
  /** How often the certificate files are looked at. */
  readonly certificateRefreshMs?: number
  /** Where the keys of Google's ID tokens are; left out: at Google. */
  readonly googleKeysUrl?: URL | undefined
}

/** A listening server. Disposing of it drains: health says NOT_SERVING, services say so, open calls finish, then it ends. */
export interface GrpcServer extends AsyncDisposable {
  readonly address: ListenAddress
  /** Sets the health of one service by its full name, or of the whole server by the empty name. */
  setServing(service: string, serving: boolean): void
  isServing(service: string): boolean
}

/**
 * Starts a gRPC server with the health service beside the given ones.
 * @throws PosternError `CONFIG_INVALID` for plain text without authentication on anything but loopback and unix sockets,
 *   and when the address cannot be bound.
 */
export async function serveGrpc(options: GrpcServerOptions): Promise<GrpcServer> {
  const { listen, security, self, allowedCallers, services, log, clock = systemClock, drainMs = 8_000 } = options
  if (security.kind === 'insecure' && !isLocal(listen)) {
    throw new PosternError('CONFIG_INVALID', `gRPC without authentication on ${describeListenAddress(listen)}`)
  }
  const tokens = serviceTokens(security, self, clock)
  const guardFor = (callers: readonly ServiceName[]): Omit<CallerGuardDeps, 'log'> => {
    const google = googleCallers({ ...options, allowedCallers: callers }, clock)
    return { security, allowedCallers: callers, tokens, google }
  }
  const restricted = restrictedMethods(services, (callers) => callerCheck(guardFor(callers)))
  const server = new Server({
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': 1_000,
    'grpc.keepalive_time_ms': keepalive.timeMs,
    'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
    // Connections for unary calls move on to new instances; long streams are rotated by their clients.
    'grpc.max_connection_age_ms': 300_000,
    interceptors: [callerGuard({ ...guardFor(allowedCallers), restricted, log })],
  })
  const health = new Health(services.map(fullName))
  health.addTo(server)
  for (const service of services) server.addService(service.definition, grpcHandlers(service, log))
  const opened = await serverCredentials(security, { log, refreshMs: options.certificateRefreshMs })
  const address = await bind(server, listen, opened.credentials)
  return {
    address,
    setServing: (service, serving) => health.setServing(service, serving),
    isServing: (service) => health.isServing(service),
    [Symbol.asyncDispose]: async () => {
      health.drain()
      for (const service of services) service.drain?.()
      await shutDown(server, address, drainMs, log)
      opened[Symbol.dispose]()
    },
  }
}

function restrictedMethods(
  services: readonly GrpcService[],
  checkFor: (callers: readonly ServiceName[]) => CallerCheck,
): ReadonlyMap<string, CallerCheck> {
  const checks = new Map<string, CallerCheck>()
  for (const { definition, methods } of services) {
    for (const [name, method] of Object.entries(methods)) {
      const path = definition[name]?.path
      if (path === undefined || method.kind !== 'unary' || method.callers === undefined) continue
      checks.set(path, checkFor(method.callers))
    }
  }
  return checks
}

function googleCallers(options: GrpcServerOptions, clock: Clock): GoogleCallers | undefined {
  const { security, self, allowedCallers, googleKeysUrl: keysUrl = publishedKeysUrl } = options
  return security.kind === 'google' ? new GoogleCallers(security, { self, allowedCallers, clock, keysUrl }) : undefined
}

/** `postern.authorize.v1.Authorize`, from the path of any of its methods. */
export function fullName(service: GrpcService): string {
  return Object.values(service.definition)[0]?.path.split('/')[1] ?? ''
}

async function bind(server: Server, listen: ListenAddress, credentials: ServerCredentials): Promise<ListenAddress> {
  if (listen.kind === 'unix') await removeStaleSocket(listen.path)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(bindTarget(listen), credentials, (cause, boundPort) => {
      if (!cause) return resolve(boundPort)
      reject(listenFailure(cause, listen, '`grpc_address`'))
    })
  })
  if (listen.kind === 'tcp') return { ...listen, port }
  await chmod(listen.path, 0o600)
  return listen
}

function bindTarget(address: ListenAddress): string {
  if (address.kind === 'unix') return targetOf(address)
  // An IPv6 wildcard and a host name have no target form of their own; grpc-js takes `host:port` for both.
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

async function shutDown(server: Server, address: ListenAddress, drainMs: number, log: Logger): Promise<void> {
  const timer = setTimeout(() => {
    log.warn({ drainMs }, 'gRPC calls were cut off: they did not finish in time')
  }, drainMs)
  // `forceShutdown` misses the connections of a server without channelz; `drain` ends them all after the grace time.
  server.drain(bindTarget(address), drainMs)
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  clearTimeout(timer)
}
