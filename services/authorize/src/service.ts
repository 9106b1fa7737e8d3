import { systemClock, type Clock } from '@postern/shared/clock.ts'
import type { AuthorizeConfig } from '@postern/shared/config/model.ts'
import { keyPurposes, sharedKeys, sharedSecretsOf } from '@postern/shared/crypto/keys.ts'
import { Sealer } from '@postern/shared/crypto/seal.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { openChannel, type GrpcChannel } from '@postern/shared/grpc/channel.ts'
import { serveGrpc, type GrpcServer } from '@postern/shared/grpc/server.ts'
import { serveHealth } from '@postern/shared/health/health-server.ts'
import { googleKeysUrl } from '@postern/shared/jose/google-id-token.ts'
import { importSigningKeys, publicKeySet } from '@postern/shared/jose/signing-keys.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { RunningService } from '@postern/shared/lifecycle/running-service.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { systemRandom, type RandomBytes } from '@postern/shared/random.ts'
import { RedisSessionReader } from '@postern/shared/session/redis/redis-session-reader.ts'
import { SessionCredentials } from '@postern/shared/session/session-credential.ts'
import type { SessionReader } from '@postern/shared/session/session-store.ts'
import { AuthenticateCalls } from './authenticate-calls.ts'
import { authorizeRpc } from './authorize-rpc.ts'
import { AccessTokens } from './bearer/access-tokens.ts'
import { BearerTokens } from './bearer/bearer-tokens.ts'
import { TokenVerifiers } from './bearer/token-verifiers.ts'
import { createCheck } from './check.ts'
import { CheckStreams } from './check-streams.ts'
import { compileAhead } from './compiled-routes.ts'
import { ConfigInForce } from './config-in-force.ts'
import { DecisionLog } from './decision-log.ts'
import { AuthorizeMetrics } from './metrics.ts'
import { onceStoreAnswers } from './readiness.ts'
import { CredentialResolver } from './session/credential-resolver.ts'
import { SessionCopies } from './session/session-copies.ts'
import { UseRecorder } from './session/use-recorder.ts'
import { SessionRefreshes } from './session-refreshes.ts'
import { createSignInUrl } from './sign-in-urls.ts'

export interface AuthorizeDeps {
  readonly log: Logger
  /** Left out: nobody looks. */
  readonly metrics?: Metrics
  /** Left out: Redis, as configured. One that is passed in is not closed here. */
  readonly sessions?: SessionReader
  readonly clock?: Clock
  readonly random?: RandomBytes
  /** Where the keys of Google's ID tokens are; left out: at Google. */
  readonly googleKeysUrl?: URL
}

const fullServiceName = 'postern.authorize.v1.Authorize'

/**
 * Composition root of the decision point: opens what it needs, closes it in reverse. It listens at once and is ready when
 * the session store has answered for the first time.
 */
export async function startAuthorize(config: Live<AuthorizeConfig>, deps: AuthorizeDeps): Promise<RunningService> {
  await using starting = new AsyncDisposableStack()
  const { log, clock = systemClock, random = systemRandom, metrics = new Metrics() } = deps
  const counted = new AuthorizeMetrics(metrics)
  const first = config.current
  const keys = importSigningKeys(first.signingKey, sharedSecretsOf(first))
  const inForce = new ConfigInForce(first, keys, random)

  const sessions = deps.sessions ?? starting.use(await connectReader(first, { log, metrics }))
  const copies = starting.use(new SessionCopies(sessions, counted))
  const channels = await openAuthenticate(first, { log, clock }, starting)
  const authenticate = new AuthenticateCalls(channels, first.grpc.clientTimeoutMs)
  const uses = starting.use(new UseRecorder({ report: (batch) => authenticate.reportUse(batch), log, clock }))
  const credentials = credentialResolver(first, { copies, uses, metrics: counted })
  const refresh = counted.refreshing((handle) => authenticate.refreshSession(handle))
  const links = () => inForce.links
  const check = createCheck({
    routes: () => inForce.routes,
    links,
    identityHeaders: () => inForce.identityHeaders,
    credentials,
    bearers: bearerTokens(authenticate, clock, deps.googleKeysUrl ?? googleKeysUrl),
    maxBearerLifetimeMs: () => config.current.cookie.expireMs,
    refreshes: new SessionRefreshes({ refresh, sessions, clock, log }),
    uses,
    tokenSealer: new Sealer(sharedKeys(first, keyPurposes.idpTokens), random),
    decisions: new DecisionLog(log, () => inForce.aboutCheck, counted),
    metrics: counted,
    clock,
    random,
  })

  const signInUrl = createSignInUrl({
    routes: () => inForce.routes,
    links,
    programRedirectHosts: () => inForce.programRedirectHosts,
    clock,
    random,
  })
  const streams = new CheckStreams(check, first.revision)
  starting.use(tellOfChanges(copies, streams))
  starting.use(showState(metrics, copies, streams))
  starting.use(
    config.subscribe((next) => {
      inForce.replace(next)
      streams.revisionChanged(next.revision)
    }, compileAhead),
  )

  const keySet = publicKeySet(keys)
  const rpc = authorizeRpc({ check, streams, credentials, links, createSignInUrl: signInUrl, keySet, clock })
  const { listen, security } = first.grpc
  const callers = { allowedCallers: ['proxy'], googleKeysUrl: deps.googleKeysUrl } as const
  const grpc = starting.use(
    await serveGrpc({ listen, security, self: 'authorize', services: [rpc], ...callers, log, clock }),
  )
  starting.use(
    onceStoreAnswers(sessions, () => {
      for (const service of ['', fullServiceName]) grpc.setServing(service, true)
    }),
  )
  const health = first.healthListen && starting.use(await serveHealth(first.healthListen, healthOf(grpc)))
  const running = starting.move() // nothing leaks if a line above threw
  return {
    addresses: { grpc: grpc.address, ...(health ? { health: health.address } : {}) },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function tellOfChanges(copies: SessionCopies, streams: CheckStreams): Disposable {
  return copies.onChanged((change) => {
    if (change.kind === 'all') streams.allSessionsChanged()
    else streams.sessionsChanged(change.handles)
  })
}

function showState(metrics: Metrics, copies: SessionCopies, streams: CheckStreams): Disposable {
  const shown = new DisposableStack()
  shown.use(metrics.read('postern_authorize_invalidation_channel_up', () => Number(copies.isCurrent)))
  shown.use(metrics.read('postern_authorize_session_copies', () => copies.size))
  shown.use(metrics.read('postern_authorize_check_streams', () => streams.size))
  return shown
}

function healthOf(grpc: GrpcServer): Parameters<typeof serveHealth>[1] {
  return { live: () => true, ready: () => Promise.resolve(grpc.isServing(fullServiceName)) }
}

function bearerTokens(authenticate: AuthenticateCalls, clock: Clock, googleKeys: URL): BearerTokens {
  const verify = (idpId: string, token: string) => authenticate.verifyAccessToken(idpId, token)
  return new BearerTokens(new TokenVerifiers({ clock, googleKeysUrl: googleKeys }), new AccessTokens({ verify, clock }))
}

function credentialResolver(
  config: AuthorizeConfig,
  { copies, uses, metrics }: { copies: SessionCopies; uses: UseRecorder; metrics: AuthorizeMetrics },
): CredentialResolver {
  const keys = sharedKeys(config, keyPurposes.sessionCredential)
  const credentials = new SessionCredentials(keys, config.authenticateUrl.host)
  return new CredentialResolver({ credentials, copies, lastUse: (handle) => uses.lastUse(handle), metrics })
}

async function connectReader(
  { redis }: AuthorizeConfig,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): Promise<SessionReader & AsyncDisposable> {
  if (redis) return RedisSessionReader.connect(redis, { log, counting: { metrics, service: 'authorize' } })
  // Sessions that live in authenticate's memory are never seen from here.
  throw new PosternError('CONFIG_INVALID', 'authorize on its own needs Redis: set redis_url')
}

async function openAuthenticate(
  { authenticateTargets, grpc: { security } }: AuthorizeConfig,
  deps: { readonly log: Logger; readonly clock: Clock },
  stack: AsyncDisposableStack,
): Promise<readonly GrpcChannel[]> {
  const channels: GrpcChannel[] = []
  for (const target of authenticateTargets) {
    const channel = await openChannel(target, { security, self: 'authorize', service: 'authenticate', ...deps })
    channels.push(stack.use(channel))
  }
  return channels
}
