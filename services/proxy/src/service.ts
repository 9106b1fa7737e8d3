import type { Socket } from 'node:net'
import { systemClock, type Clock } from '@postern/shared/clock.ts'
import type { ProxyConfig } from '@postern/shared/config/model.ts'
import { serveHealth } from '@postern/shared/health/health-server.ts'
import { prepareDrain, type Drain } from '@postern/shared/http/drain.ts'
import { inTurn, isAnswering } from '@postern/shared/http/in-turn.ts'
import { listen } from '@postern/shared/http/listen.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { RunningService } from '@postern/shared/lifecycle/running-service.ts'
import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { systemRandom, type RandomBytes } from '@postern/shared/random.ts'
import { OpenStreams } from './access/open-streams.ts'
import { openTicketRedeemer, type TicketRedeemer } from './authenticate-client.ts'
import type { AccessChecker } from './check/access-checker.ts'
import { openAccessChecker } from './check/open-access-checker.ts'
import { ClientCertificates } from './client-certificate/client-certificates.ts'
import { UpstreamPools } from './forward/upstream-pools.ts'
import { openIdTokenSource, type IdTokenSource } from './google-identity/id-token-source.ts'
import { endHalfOpenConnections } from './listener/half-open.ts'
import { addHttp2, createListener, headersTimeoutOf, idleTimeoutOf, type Listener } from './listener/http-listener.ts'
import { Http2Connections } from './listener/http2-connections.ts'
import { rememberPeers } from './listener/peer-address.ts'
import { serveHttpsRedirect } from './listener/redirect-listener.ts'
import { refuseMalformed } from './listener/refuse-malformed.ts'
import { closeUnusedConnections } from './listener/unused-connections.ts'
import { ProxyMetrics } from './metrics.ts'
import { RequestIds } from './request/request-id.ts'
import { prepareAhead, proxyState, type PreparedAhead, type ProxyState } from './routes/proxy-state.ts'
import { serveRequest, type RequestDeps } from './serve-request.ts'
import { serveUpgrade } from './upgrade/serve-upgrade.ts'

export interface ProxyDeps {
  readonly log: Logger
  /** Left out: nobody looks. */
  readonly metrics?: Metrics
  readonly clock?: Clock
  readonly random?: RandomBytes
  readonly checker?: AccessChecker
  readonly tickets?: TicketRedeemer
  readonly idTokens?: IdTokenSource
}

/** Cloud Run kills ten seconds after it asked. */
const drainGraceMs = 8_000

/**
 * Composition root of the enforcement point. Disposing of the result drains: readiness ends, what is in flight is
 * answered, tunnels are asked to leave, then everything that was opened is closed.
 */
export async function startProxy(config: Live<ProxyConfig>, deps: ProxyDeps): Promise<RunningService> {
  await using starting = new AsyncDisposableStack()
  const { log, clock = systemClock, random = systemRandom } = deps
  const metrics = new ProxyMetrics(deps.metrics ?? new Metrics())
  const first = config.current
  const pools = starting.use(new UpstreamPools(clock))
  const checker = deps.checker ?? starting.use(await openAccessChecker(first, { log, metrics }))
  const tickets = deps.tickets ?? starting.use(await openTicketRedeemer(first))
  const idTokens = deps.idTokens ?? starting.use(openIdTokenSource(first.googleCredential, { log, clock, metrics }))
  const openStreams = starting.use(new OpenStreams(checker, clock, log))
  const preparation = { pools, chance: () => random(4).readUInt32LE() / 2 ** 32 }
  let state: ProxyState = proxyState(first, preparation)
  warm(idTokens, first)

  const requestIds = new RequestIds(random)
  const requestDeps: RequestDeps = {
    log,
    clock,
    checker,
    tickets,
    idTokens,
    openStreams,
    metrics,
    requestIds,
    state: () => state,
  }
  const server = createListener(first)
  const drain = prepareDrain(server, { graceMs: drainGraceMs })
  starting.use(metrics.show('postern_proxy_authorize_up', () => Number(checker.isReady())))
  starting.use(metrics.show('postern_proxy_draining', () => Number(drain.draining)))
  starting.use(metrics.show('postern_proxy_tunnels_open', () => drain.tunnels))
  const addresses: Record<string, ListenAddress> = {}
  if (first.healthListen !== undefined) {
    const ready = (): Promise<boolean> => Promise.resolve(!drain.draining && checker.isReady())
    const health = starting.use(await serveHealth(first.healthListen, { live: () => true, ready }))
    addresses['health'] = health.address
  }
  // Disposed of first: while it drains, the platform still hears that new requests belong elsewhere.
  starting.use(drain)
  starting.use(serveConnections(server, config, { ...requestDeps, drain }))

  let ahead: PreparedAhead | undefined
  const prepare = async (next: ProxyConfig): Promise<void> => {
    ahead = await prepareAhead(next, preparation)
  }
  starting.use(
    config.subscribe((next) => {
      state = proxyState(next, preparation, ahead)
      ahead = undefined
      if (next.tls !== undefined) server.replaceCertificates?.(next.tls, next.clientCertificates)
      server.keepAliveTimeout = idleTimeoutOf(next)
      server.headersTimeout = headersTimeoutOf(next)
      warm(idTokens, next)
      openStreams.configurationChanged(state.routesById)
    }, prepare),
  )
  if (first.redirectListen !== undefined) {
    addresses['redirect'] = starting.use(await serveHttpsRedirect(first.redirectListen)).address
  }
  addresses['http'] = await listen(server, first.listen)
  const running = starting.move()
  return { addresses, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/**
 * Everything between a connection and its requests, in both protocols. Disposing of the result ends the connections on
 * which nothing was asked.
 */
function serveConnections(
  server: Listener,
  config: Live<ProxyConfig>,
  deps: RequestDeps & { readonly drain: Drain },
): Disposable {
  const { log, drain, requestIds } = deps
  const { listen: address, limits } = config.current
  const firstRequestTimeoutMs = headersTimeoutOf(config.current)
  // What serves never rejects; should it do so nevertheless, one connection or stream ends and not the process.
  const endOnFailure = (served: Promise<void>, ended: { destroy(): unknown }): void => {
    served.catch((error: unknown) => {
      log.error({ error }, 'a request could not even be refused')
      ended.destroy()
    })
  }
  const http2 = new Http2Connections({
    serve: (request, response) => {
      unused.isUsed(request)
      endOnFailure(serveRequest(deps, request, response), response)
    },
    drain,
    log,
    limits,
    idleTimeoutMs: () => idleTimeoutOf(config.current),
    firstRequestTimeoutMs,
  })
  addHttp2(server, (socket) => http2.accept(socket), firstRequestTimeoutMs)
  const unused = closeUnusedConnections(server)
  rememberPeers(server, address)
  const certificates = new ClientCertificates(config, deps)
  server.prependListener('secureConnection', certificates.read)
  server.on(
    'request',
    inTurn((request, response) => endOnFailure(serveRequest(deps, request, response), request.socket)),
  )
  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  server.on('upgrade', (request, socket: Socket, early) => {
    // Nobody may begin another protocol while an answer in this one is due (RFC 6455 §4.1).
    if (isAnswering(socket)) socket.destroy()
    else endOnFailure(serveUpgrade(deps, request, socket, early), socket)
  })
  refuseMalformed(server, requestIds, log)
  endHalfOpenConnections(server)
  const both = new DisposableStack()
  both.use(unused)
  both.use(certificates)
  return both
}

/** The first request to a private service should not have to wait for Google. */
function warm(idTokens: IdTokenSource, config: ProxyConfig): void {
  const audiences = config.routes.flatMap(({ serverless }) => (serverless === undefined ? [] : [serverless.audience]))
  idTokens.warm([...new Set(audiences)])
}
