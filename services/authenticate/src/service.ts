import { systemClock, type Clock } from '@postern/shared/clock.ts'
import type { AuthenticateConfig } from '@postern/shared/config/model.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { serveGrpc } from '@postern/shared/grpc/server.ts'
import { serveHealth } from '@postern/shared/health/health-server.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { RunningService } from '@postern/shared/lifecycle/running-service.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { systemRandom, type RandomBytes } from '@postern/shared/random.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import { authenticateApp } from './app.ts'
import { serveHttp } from './http-server.ts'
import { ProvidersInUse } from './idp/providers-in-use.ts'
import { deriveKeys } from './keys.ts'
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
  /** Left out: Redis, as configured. One that is passed in is not closed here. */
  readonly sessions?: SessionStore
  readonly clock?: Clock
  readonly random?: RandomBytes
}

/** Composition root of the relying party: opens what it needs, closes it in reverse. */
export async function startAuthenticate(
  config: Live<AuthenticateConfig>,
  deps: AuthenticateDeps,
): Promise<RunningService> {
  await using starting = new AsyncDisposableStack()
  const { log, clock = systemClock, random = systemRandom } = deps
  const sessions = deps.sessions ?? starting.use(await connectStore(config.current, log))
  const idps = starting.use(new ProvidersInUse(config, { clock, log }))
  const keys = deriveKeys(config.current, random)
  const flowBox = new FlowBox(keys.flowSealer)
  const common = { ...keys, config, idps, sessions, clock, random, log }
  const browserSessions = new BrowserSessions({ ...common, credentials: keys.ownCredentials })
  const flowCookies = new FlowCookies(
    () => config.current.cookie,
    flowBox,
    () => idps.usual.formPost,
  )
  const chainBox = new ChainBox(keys.flowSealer)
  const wayBack = new WayBackCookie(() => config.current.cookie, keys.flowSealer)
  const answer = authenticateApp({ ...common, wayBack, browserSessions, flowBox, flowCookies, chainBox }).callback()
  const refresher = new SessionRefresher({ ...common, backOffs: new RefreshBackOffs(clock) })
  const { listen, security } = config.current.grpc
  const grpc = starting.use(
    await serveGrpc({
      listen,
      security,
      self: 'authenticate',
      allowedCallers: ['proxy', 'authorize'],
      services: [authenticateRpc({ ...common, credentials: keys.routeCredentials, refresher })],
      log,
      clock,
    }),
  )
  const http = starting.use(await serveHttp(config, (request, response) => void answer(request, response)))
  const health =
    config.current.healthListen &&
    starting.use(
      await serveHealth(config.current.healthListen, {
        live: () => true,
        ready: async () => !http.draining && (await sessions.ping()).kind === 'up',
      }),
    )
  const running = starting.move() // nothing leaks if a line above threw
  return {
    addresses: { http: http.address, grpc: grpc.address, ...(health ? { health: health.address } : {}) },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function connectStore({ redis }: AuthenticateConfig, log: Logger): Promise<SessionStore> {
  if (redis) return RedisSessionStore.connect(redis, { log })
  // Authorize would never see a session that lives in this process's memory.
  throw new PosternError('CONFIG_INVALID', 'authenticate on its own needs Redis: set redis_url')
}
