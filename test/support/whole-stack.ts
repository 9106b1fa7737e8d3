import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startAll } from '@postern/cli/run.ts'
import { describeIssue } from '@postern/shared/config/config-issue.ts'
import { loadConfig } from '@postern/shared/config/load-config.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { Secret } from '@postern/shared/secret.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import { RedisSessionStore } from '@postern/shared/session/redis/redis-session-store.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import { WebSocket, WebSocketServer } from 'ws'
import { TurnedClock } from './authenticate-under-test.ts'
import { MisbehavingIdp, type Misbehaviour } from './misbehaving-idp.ts'
import { recordingLog } from './recording-log.ts'
import { type RedisServer, startRedis } from './redis-server.ts'
import { storeThatFails } from './store-that-fails.ts'
import { WebClient, type WebAnswer } from './web-client.ts'

export interface WholeStackOptions {
  /** The `routes:` of the configuration; `UPSTREAM` stands for the application. */
  readonly routes: string
  /** Further keys of the configuration. */
  readonly settings?: string
  /** Default: in memory, by the turned clock. A Redis that is given is not ended here, and has the usual deadlines. */
  readonly store?: 'redis' | 'memory' | Pick<RedisServer, 'url'>
  /** What the provider does from the start. */
  readonly idp?: Misbehaviour
  /** Another provider in place of it. */
  readonly provider?: IdpClient
  /** Left out: what is logged is lost. */
  readonly log?: Logger
}

/** A provider, and who we are there. */
export interface IdpClient {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** What the application saw of a request. */
export interface Seen {
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** The three services as one process runs them, with a provider that does as it is told and an application. */
export interface WholeStack extends AsyncDisposable {
  readonly idp: MisbehavingIdp
  readonly clock: TurnedClock
  readonly sessions: SessionStore
  /** All hosts are at this port of loopback. */
  readonly port: number
  /** How often the use of a session was written down. */
  readonly touches: number
  /** What reached the application, in order. */
  readonly seen: Seen[]
  newBrowser(): WebClient
  /** Opens an address as a person does: follows redirects as far as hosts under .test, and says yes at the IdP. */
  visit(browser: WebClient, url: string): Promise<WebAnswer>
  /** An open WebSocket to a host, with the cookies of this browser. */
  openWebSocket(browser: WebClient, url: string): Promise<WebSocket>
}

const maxRedirects = 20

export async function startWholeStack(options: WholeStackOptions): Promise<WholeStack> {
  await using starting = new AsyncDisposableStack()
  const clock = new TurnedClock()
  const idp = starting.use(await MisbehavingIdp.start(clock, options.idp))
  const seen: Seen[] = []
  const upstream = await startApplication(starting, seen)
  const sessions = starting.use(await openStore(options, starting, clock))
  const config = loadForTest(options, options.provider ?? idp, upstream)
  let touches = 0
  const counted = storeThatFails(sessions, (method) => {
    if (method === 'touch') touches += 1
    return false
  })
  const running = starting.use(
    await startAll(fixed(config), { log: options.log ?? recordingLog(), clock, sessions: counted }),
  )
  const { http } = running.addresses
  const port = http?.kind === 'tcp' ? http.port : 0
  const opened = starting.move()
  return {
    idp,
    clock,
    sessions,
    port,
    get touches() {
      return touches
    },
    seen,
    newBrowser: () => new WebClient(port),
    visit: (browser, url) => visit(browser, url, idp),
    openWebSocket: (browser, url) => openWebSocket(browser, url, port),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** See `WholeStack.visit`. */
export async function visit(browser: WebClient, url: string, idp: MisbehavingIdp): Promise<WebAnswer> {
  let answer = await browser.get(url)
  for (let hops = 0; answer.status >= 300 && answer.status < 400; hops += 1) {
    if (hops === maxRedirects) throw new Error(`more than ${String(maxRedirects)} redirects from ${url}`)
    const { location } = answer
    if (!location.hostname.endsWith('.test') && location.origin !== idp.issuer) return answer
    answer = await browser.get(location.origin === idp.issuer ? idp.approve(location) : location)
  }
  return answer
}

async function openWebSocket(browser: WebClient, url: string, port: number): Promise<WebSocket> {
  const { host, pathname } = new URL(url)
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}${pathname}`, {
    headers: { host, cookie: browser.cookiesFor(new URL(url)) },
  })
  await once(socket, 'open')
  return socket
}

/** Answers with what it saw; echoes over WebSockets. */
export async function startApplication(stack: AsyncDisposableStack, seen: Seen[]): Promise<string> {
  const server = createServer((request, response) => {
    seen.push({ path: request.url ?? '', headers: request.headers })
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(request.headers))
  })
  const webSockets = new WebSocketServer({ server })
  webSockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data as Buffer)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(async () => {
    for (const client of webSockets.clients) client.terminate()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

async function openStore(
  { store }: Pick<WholeStackOptions, 'store'>,
  stack: AsyncDisposableStack,
  clock: TurnedClock,
): Promise<SessionStore> {
  if (store === 'memory' || store === undefined) return new MemorySessionStore(clock)
  const redis = store === 'redis' ? stack.use(await startRedis()) : store
  const url = new Secret(redis.url())
  const patient = { commandTimeoutMs: 1_000, connectTimeoutMs: 5_000 }
  const deadlines = store === 'redis' ? patient : { commandTimeoutMs: 400, connectTimeoutMs: 1_000 }
  const config = { url, caFile: undefined, keyPrefix: 'postern:', ...deadlines }
  return RedisSessionStore.connect(config, { log: recordingLog(), clock })
}

/** The configuration of the stack. */
export function loadForTest({ routes, settings = '' }: WholeStackOptions, idp: IdpClient, upstream: string) {
  const text = `
address: 127.0.0.1:0
insecure_server: true
authenticate_service_url: https://auth.test
shared_secret: ${randomBytes(32).toString('base64')}
cookie_secret: ${randomBytes(32).toString('base64')}
idp_provider: oidc
idp_provider_url: ${idp.issuer}
idp_client_id: ${idp.clientId}
idp_client_secret: ${idp.clientSecret}
${settings}
routes:
${routes.replaceAll('UPSTREAM', upstream)}
`
  const loaded = loadConfig({ file: { path: 'config.yaml', text }, env: {}, readFile: () => '' })
  if (loaded.kind === 'ok') return loaded.config
  throw new Error(loaded.issues.map(describeIssue).join('\n'))
}
