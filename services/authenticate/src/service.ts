import type { IncomingMessage, ServerResponse } from 'node:http'
import { systemClock, type Clock } from '@postern/shared/clock.ts'
import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { fullName, serveGrpc, type GrpcServer } from '@postern/shared/grpc/server.ts'
import type { GrpcService } from '@postern/shared/grpc/service.ts'
import { serveHealth } from '@postern/shared/health/health-server.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { RunningService } from '@postern/shared/lifecycle/running-service.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { systemRandom, type RandomBytes } from '@postern/shared/random.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import { authenticateApp } from './app.ts'
import { serveHttp } from './http-server.ts'
import { ProvidersInUse } from './idp/providers-in-use.ts'
import { deriveKeys } from './keys.ts'
import { AuthenticateMetrics } from './metrics.ts'
import type { Parts } from './parts.ts'
import { authenticateRpc } from './rpc/authenticate-rpc.ts'
import { BrowserSessions } from './session/browser-sessions.ts'
import { RefreshBackOffs } from './session/refresh-back-off.ts'
import { SessionRefresher } from './session/session-refresher.ts'
import { ChainBox } from './sign-in/chain.ts'
import { FlowCookies } from './sign-in/flow-cookies.ts'
import { FlowBox } from './sign-in/flow.ts'
import { WayBackCookie } from './sign-out/way-back.ts'

export interface AuthenticateDeps {
  readonly log: Logger
  /** Left out: nobody looks. */
  readonly metrics?: Metrics
  /** Left out: Redis, as configured. One that is passed in is not closed here. */
  readonly sessions?: SessionStore
  readonly clock?: Clock
  readonly random?: RandomBytes
  /** Left out: all. */
  readonly parts?: Parts
}

/** Composition root of the relying party: opens what it needs, closes it in reverse. */
export async function startAuthenticate(
  config: Live<AuthenticateConfig>,
  deps: AuthenticateDeps,
): Promise<RunningService> {
  await using starting = new AsyncDisposableStack()
  const { log, clock = systemClock, random = systemRandom, parts = 'all' } = deps
  const { metrics: all = new Metrics() } = deps
  const metrics = new AuthenticateMetrics(all)
  const sessions = deps.sessions ?? starting.use(await connectStore(config.current, { log, metrics: all }))
  const idps = starting.use(new ProvidersInUse(config, { clock, log, metrics }))
  const keys = deriveKeys(config.current, random)
  const flowBox = new FlowBox(keys.flowSealer)
  const common = { ...keys, config, idps, sessions, clock, random, log, metrics }
  const browserSessions = new BrowserSessions({ ...common, credentials: keys.ownCredentials })
  const flowCookies = new FlowCookies(
    () => config.current.cookie,
    flowBox,
    () => idps.usual.formPost,
  )
  const chainBox = new ChainBox(keys.flowSealer)
  const wayBack = new WayBackCookie(() => config.current.cookie, keys.flowSealer)
  const answer = authenticateApp({ ...common, wayBack, browserSessions, flowBox, flowCookies, chainBox }).callback()
  const backOffs = new RefreshBackOffs(clock, random)
  const refresher = new SessionRefresher({ ...common, backOffs })
  starting.use(all.read('postern_authenticate_refresh_grace_active', () => backOffs.failing))
  starting.use(all.read('postern_authenticate_refreshes_unsaved', () => refresher.unsaved))
  starting.use(all.read('postern_authenticate_jwks_age_seconds', () => inSeconds(idps.oldestKeySetMs)))
  const rpc = authenticateRpc({ ...common, credentials: keys.routeCredentials, refresher })
  const grpc = parts === 'http' ? undefined : starting.use(await serveCallers(config.current, rpc, { log, clock }))
  const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response)
  const http = parts === 'grpc' ? undefined : starting.use(await serveHttp(config, listener))
  const health =
    config.current.healthListen &&
    starting.use(
      await serveHealth(config.current.healthListen, {
        live: () => true,
        ready: async () => http?.draining !== true && (await sessions.ping()).kind === 'up',
      }),
    )
  const running = starting.move() // nothing leaks if a line above threw
  const addresses = { http: http?.address, grpc: grpc?.address, health: health?.address }
  return { addresses: withoutUndefined(addresses), [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function serveCallers(
  { grpc: { listen, security } }: AuthenticateConfig,
  rpc: GrpcService,
  deps: { readonly log: Logger; readonly clock: Clock },
): Promise<GrpcServer> {
  const allowedCallers = ['proxy', 'authorize'] as const
  const grpc = await serveGrpc({ listen, security, self: 'authenticate', allowedCallers, services: [rpc], ...deps })
  // Whatever Redis and the identity provider do: each call finds that out, and a restart would mend neither.
  for (const service of ['', fullName(rpc)]) grpc.setServing(service, true)
  return grpc
}

function withoutUndefined<T>(entries: Readonly<Record<string, T | undefined>>): Readonly<Record<string, T>> {
  const defined = Object.entries(entries).filter((entry): entry is [string, T] => entry[1] !== undefined)
  return Object.fromEntries(defined)
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}

async function connectStore(
  { redis }: AuthenticateConfig,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): Promise<SessionStore> {
  if (redis) return RedisSessionStore.connect(redis, { log, counting: { metrics, service: 'authenticate' } })
  // Authorize would never see a session that lives in this process's memory.
  throw new PosternError('CONFIG_INVALID', 'authenticate on its own needs Redis: set redis_url')
}
