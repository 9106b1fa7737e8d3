import type { Clock } from '@postern/shared/clock.ts'
import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import type { ProxyConfig, ProxyRoute } from '@postern/shared/config/model.ts'
import { fixed, type Live } from '@postern/shared/lifecycle/live.ts'
import type { Metrics } from '@postern/shared/metrics/metrics.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import type { TicketRedeemer } from '../../services/proxy/src/authenticate-client.ts'
import type { IdTokenSource } from '../../services/proxy/src/google-identity/id-token-source.ts'
import { startProxy } from '../../services/proxy/src/service.ts'
import { allow, FakeChecker, signIn, type Decide } from './fake-checker.ts'
import { recordingLog } from './recording-log.ts'

export interface ProxyOptions {
  readonly routes: readonly ProxyRoute[]
  readonly decide?: Decide
  readonly config?: Partial<ProxyConfig>
  readonly idTokens?: IdTokenSource
  readonly tickets?: TicketRedeemer
  readonly clock?: Clock
  readonly metrics?: Metrics
}

export interface ProxyUnderTest extends AsyncDisposable {
  readonly port: number
  readonly checker: FakeChecker
  readonly log: ReturnType<typeof recordingLog>
  readonly addresses: Readonly<Record<string, ListenAddress>>
  configure(config: Partial<ProxyConfig>): void
}

/** Alice's session cookie, as the fake checker knows it. */
export const aliceCookie = '_pomerium=alice'

/** Lets Alice in, sends strangers to sign in, and denies anybody else. */
export const aliceOnly: Decide = ({ credential }) => {
  if (credential === undefined) return signIn()
  if (credential.value === 'alice') {
    return allow({ session: { handle: 'h-alice', expiresAtMs: Date.now() + 3_600_000, userId: 'alice' } })
  }
  if (credential.value !== 'bob') return signIn(true)
  return {
    kind: 'deny',
    status: 403,
    reasons: ['email-unauthorized'],
    explanation: undefined,
    email: 'bob@example.com',
  }
}

/** A real proxy on a free port, with a fake decision point. */
export async function startProxyUnderTest(options: ProxyOptions): Promise<ProxyUnderTest> {
  const checker = new FakeChecker(options.decide ?? aliceOnly)
  const log = recordingLog()
  const config = changeable(proxyConfig({ routes: options.routes, ...options.config }))
  const running = await startProxy(config, {
    log,
    checker,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    idTokens: options.idTokens ?? noTokens,
    tickets: options.tickets ?? noTickets,
  })
  const { http } = running.addresses
  if (http?.kind !== 'tcp') throw new Error('the proxy under test listens on TCP')
  return {
    port: http.port,
    checker,
    log,
    addresses: running.addresses,
    configure: (change) => config.replace({ ...config.current, ...change }),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

function changeable<T>(first: T): Live<T> & { replace(value: T): void } {
  const listeners = new Set<(value: T) => void>()
  const live = {
    ...fixed(first),
    subscribe(listener: (value: T) => void): Disposable {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    replace(value: T): void {
      live.current = value
      for (const listener of listeners) listener(value)
    },
  }
  return live
}

export function proxyConfig(overrides: Partial<ProxyConfig> = {}): ProxyConfig {
  return {
    revision: 'r1',
    logLevel: 'info',
    cookie: { name: '_pomerium', sameSite: undefined, domain: undefined, httpOnly: true, expireMs: 14 * 3_600_000 },
    authenticateUrl: new URL('https://auth.test'),
    grpc: {
      listen: { kind: 'unix', path: '/nowhere' },
      security: { kind: 'insecure' },
      clientTimeoutMs: 1000,
    },
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: undefined,
    healthListen: undefined,
    authorizeTargets: ['unix:/nowhere'],
    authenticateTargets: ['unix:/nowhere'],
    checkMode: 'stream',
    checkTimeoutMs: 1000,
    authenticateInternalUrl: undefined,
    routes: [],
    trustedHops: 0,
    skipForwardedForAppend: false,
    limits: { maxHeaderCount: 150, maxHeaderBytes: 64 * 1024, maxUrlBytes: 16 * 1024 },
    timeouts: { readMs: 30_000, writeMs: 0, idleMs: 300_000 },
    defaultResponseHeaders: {},
    googleCredential: { kind: 'ambient' },
    reservedRequestHeaders: [],
    ...overrides,
  }
}

export function aRoute(host: string, upstream: URL, overrides: Partial<ProxyRoute> = {}): ProxyRoute {
  return {
    id: `${host} ${overrides.pathMatch === undefined ? '' : JSON.stringify(overrides.pathMatch)}`.trim(),
    name: undefined,
    source: 'test.yaml:1:1',
    from: { scheme: 'https', host, port: undefined },
    pathMatch: { kind: 'any' },
    upstreams: [{ url: upstream, weight: 1 }],
    preserveHostHeader: false,
    hostRewrite: undefined,
    prefixRewrite: undefined,
    passIdentityHeaders: false,
    setRequestHeaders: {},
    removeRequestHeaders: [],
    setResponseHeaders: {},
    allowWebsockets: false,
    timeoutMs: 5_000,
    idleTimeoutMs: 5_000,
    upstreamTls: { skipVerify: false, serverName: undefined },
    serverless: undefined,
    headersForPolicy: [],
    ...overrides,
  }
}

export const noTokens: IdTokenSource = {
  idToken: () => Promise.reject(new PosternError('TOKEN_MINT_FAILED', 'no token in this test')),
  invalidate: () => undefined,
  warm: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

export const noTickets: TicketRedeemer = {
  redeem: () => Promise.reject(new PosternError('TICKET_INVALID', 'no ticket in this test')),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}
