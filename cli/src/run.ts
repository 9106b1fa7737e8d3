import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startAuthenticate } from '@postern/authenticate/service.ts'
import { startAuthorize } from '@postern/authorize/service.ts'
import { startProxy } from '@postern/proxy/service.ts'
import type { Clock } from '@postern/shared/clock.ts'
import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import type {
  AuthenticateConfig,
  AuthorizeConfig,
  CommonConfig,
  ProxyConfig,
  ServiceName,
} from '@postern/shared/config/model.ts'
import { serviceNames } from '@postern/shared/config/settings/services.ts'
import { derived } from '@postern/shared/lifecycle/live.ts'
import type { Live } from '@postern/shared/lifecycle/live.ts'
import type { RunningService } from '@postern/shared/lifecycle/running-service.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { Metrics } from '@postern/shared/metrics/metrics.ts'
import type { RandomBytes } from '@postern/shared/random.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'

export interface AllDeps {
  readonly log: Logger
  /** Left out: nobody looks. */
  readonly metrics?: Metrics
  /** Left out: Redis where the configuration names one, else memory. */
  readonly sessions?: SessionStore
  readonly clock?: Clock
  readonly random?: RandomBytes
}

/** The sockets between the services: files in a directory that only this user can enter. */
interface Sockets {
  readonly authorize: string
  readonly authenticate: string
  readonly signIn: string
}

/**
 * The three services in one process. They talk gRPC over unix sockets, and the proxy answers for the authenticate host
 * too, so that one public address serves everything. Disposing drains the proxy first, then what it asks.
 */
export async function startAll(config: Live<LoadedConfig>, deps: AllDeps): Promise<RunningService> {
  await using starting = new AsyncDisposableStack()
  const sockets = await openSocketDirectory(starting)
  const { clock, random, metrics } = deps
  const sessions = deps.sessions ?? memorySessions(config.current, starting, clock)
  const stores = withoutUndefined({ clock, random, sessions, metrics })

  const authenticate = starting.use(
    await startAuthenticate(
      derived(config, (loaded) => authenticateInside(loaded, sockets)),
      { ...stores, log: logOf('authenticate', deps, config) },
    ),
  )
  const authorize = starting.use(
    await startAuthorize(
      derived(config, (loaded) => authorizeInside(loaded, sockets)),
      { ...stores, log: logOf('authorize', deps, config) },
    ),
  )
  const proxy = starting.use(
    await startProxy(
      derived(config, (loaded) => proxyInside(loaded, sockets)),
      {
        ...withoutUndefined({ clock, random, metrics }),
        log: logOf('proxy', deps, config),
      },
    ),
  )
  const running = starting.move()
  return {
    addresses: {
      ...proxy.addresses,
      ...prefixed('authorize', authorize.addresses),
      ...prefixed('authenticate', authenticate.addresses),
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** The services that the configuration lists: all in one process as above, or some of them, which meet the others outside. */
export async function startListed(config: Live<LoadedConfig>, deps: AllDeps): Promise<RunningService> {
  const { services } = config.current
  if (services.length === serviceNames.length) return startAll(config, deps)
  await using starting = new AsyncDisposableStack()
  const addresses: Record<string, ListenAddress> = {}
  for (const name of services) {
    const service = starting.use(await startOne(name, config, { ...deps, log: logOf(name, deps, config) }))
    Object.assign(addresses, prefixed(name, service.addresses))
  }
  const running = starting.move()
  return { addresses, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** The proxy may have a level of its own (`proxy_log_level`). */
function logOf(name: ServiceName, { log }: AllDeps, { current }: Live<LoadedConfig>): Logger {
  return log.child({ component: name }, current[name].logLevel)
}

function startOne(name: ServiceName, config: Live<LoadedConfig>, deps: AllDeps): Promise<RunningService> {
  switch (name) {
    case 'proxy':
      return startProxy(
        derived(config, (loaded) => loaded.proxy),
        deps,
      )
    case 'authorize':
      return startAuthorize(
        derived(config, (loaded) => loaded.authorize),
        deps,
      )
    case 'authenticate':
      return startAuthenticate(
        derived(config, (loaded) => loaded.authenticate),
        deps,
      )
  }
}

/** A unix socket's path may hold about a hundred characters, so the names are short. */
async function openSocketDirectory(stack: AsyncDisposableStack): Promise<Sockets> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-')) // mkdtemp makes it 0700
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  return {
    authorize: join(directory, 'authorize'),
    authenticate: join(directory, 'authenticate'),
    signIn: join(directory, 'sign-in'),
  }
}

/** The configuration has warned already that these sessions die with the process. */
function memorySessions(loaded: LoadedConfig, stack: AsyncDisposableStack, clock?: Clock): SessionStore | undefined {
  return loaded.authenticate.redis === undefined ? stack.use(new MemorySessionStore(clock)) : undefined
}

function inside(config: CommonConfig, socket: string): Pick<CommonConfig, 'grpc'> {
  return { grpc: { ...config.grpc, listen: { kind: 'unix', path: socket }, security: { kind: 'insecure' } } }
}

function authenticateInside({ authenticate }: LoadedConfig, sockets: Sockets): AuthenticateConfig {
  return {
    ...authenticate,
    ...inside(authenticate, sockets.authenticate),
    listen: { kind: 'unix', path: sockets.signIn },
    tls: undefined,
    healthListen: undefined,
    trustedHops: authenticate.trustedHops + 1, // the proxy in front of it
  }
}

function authorizeInside({ authorize }: LoadedConfig, sockets: Sockets): AuthorizeConfig {
  return {
    ...authorize,
    ...inside(authorize, sockets.authorize),
    healthListen: undefined,
    authenticateTargets: [`unix:${sockets.authenticate}`],
  }
}

function proxyInside({ proxy }: LoadedConfig, sockets: Sockets): ProxyConfig {
  return {
    ...proxy,
    ...inside(proxy, sockets.authorize),
    authorizeTargets: [`unix:${sockets.authorize}`],
    authenticateTargets: [`unix:${sockets.authenticate}`],
    authenticateInternalUrl: new URL(pathToFileURL(sockets.signIn).href.replace(/^file:/, 'unix:')),
  }
}

function prefixed(
  name: string,
  addresses: Readonly<Record<string, ListenAddress>>,
): Readonly<Record<string, ListenAddress>> {
  return Object.fromEntries(Object.entries(addresses).map(([key, address]) => [`${name}-${key}`, address]))
}

/** Optional properties must be left out rather than `undefined`. */
function withoutUndefined<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
