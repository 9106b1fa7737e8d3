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
import { ConfigInForce } from './config-in-force.ts'
import { DecisionLog } from './decision-log.ts'
import { onceStoreAnswers } from './readiness.ts'
import { CredentialResolver } from './session/credential-resolver.ts'
import { SessionCopies } from './session/session-copies.ts'
import { UseRecorder } from './session/use-recorder.ts'
import { SessionRefreshes } from './session-refreshes.ts'
import { createSignInUrl } from './sign-in-urls.ts'

export interface AuthorizeDeps {
  readonly log: Logger
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
  const { log, clock = systemClock, random = systemRandom } = deps
  const first = config.current
  const keys = importSigningKeys(first.signingKey, sharedSecretsOf(first))
  const inForce = new ConfigInForce(first, keys, random)

  const sessions = deps.sessions ?? starting.use(await connectReader(first, log))
  const copies = starting.use(new SessionCopies(sessions))
  const channels = await openAuthenticate(first, { log, clock }, starting)
  const authenticate = new AuthenticateCalls(channels, first.grpc.clientTimeoutMs)
  const uses = starting.use(new UseRecorder({ report: (batch) => authenticate.reportUse(batch), log, clock }))
  const credentials = credentialResolver(first, copies, uses)
  const links = () => inForce.links
  const check = createCheck({
    routes: () => inForce.routes,
    links,
    identityHeaders: () => inForce.identityHeaders,
    credentials,
    bearers: bearerTokens(authenticate, clock, deps.googleKeysUrl ?? googleKeysUrl),
    maxBearerLifetimeMs: () => config.current.cookie.expireMs,
    refreshes: new SessionRefreshes({ refresh: (handle) => authenticate.refreshSession(handle), sessions, clock, log }),
    uses,
    tokenSealer: new Sealer(sharedKeys(first, keyPurposes.idpTokens), random),
    decisions: new DecisionLog(log, () => inForce.aboutCheck),
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
  starting.use(
    config.subscribe((next) => {
      inForce.replace(next)
      streams.revisionChanged(next.revision)
    }),
  )

  const grpc = starting.use(
    await serveGrpc({
      listen: first.grpc.listen,
      security: first.grpc.security,
      self: 'authorize',
      allowedCallers: ['proxy'],
      services: [
        authorizeRpc({
          check,
          streams,
          credentials,
          links,
          createSignInUrl: signInUrl,
          keySet: publicKeySet(keys),
          clock,
        }),
      ],
      log,
      clock,
      googleKeysUrl: deps.googleKeysUrl,
    }),
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

function healthOf(grpc: GrpcServer): Parameters<typeof serveHealth>[1] {
  return { live: () => true, ready: () => Promise.resolve(grpc.isServing(fullServiceName)) }
}

function bearerTokens(authenticate: AuthenticateCalls, clock: Clock, googleKeys: URL): BearerTokens {
  const verify = (idpId: string, token: string) => authenticate.verifyAccessToken(idpId, token)
  return new BearerTokens(new TokenVerifiers({ clock, googleKeysUrl: googleKeys }), new AccessTokens({ verify, clock }))
}

function credentialResolver(config: AuthorizeConfig, copies: SessionCopies, uses: UseRecorder): CredentialResolver {
  const keys = sharedKeys(config, keyPurposes.sessionCredential)
  const credentials = new SessionCredentials(keys, config.authenticateUrl.host)
  return new CredentialResolver({ credentials, copies, lastUse: (handle) => uses.lastUse(handle) })
}

async function connectReader({ redis }: AuthorizeConfig, log: Logger): Promise<SessionReader & AsyncDisposable> {
  if (redis) return RedisSessionReader.connect(redis, { log })
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
