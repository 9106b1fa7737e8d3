import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { IssuedCertificate } from '@postern/dev/x509/certificate-authority.ts'
import { startListed } from '@postern/cli/run.ts'
import { describeIssue } from '@postern/shared/config/config-issue.ts'
import type { ListenAddress } from '@postern/shared/config/listen-address.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import type { ServiceName } from '@postern/shared/config/model.ts'
import { ConfigSource } from '@postern/shared/config/reload/config-source.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import type { RunningService } from '@postern/shared/lifecycle/running-service.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import { createLogger } from '@postern/shared/log/json-logger.ts'
import { Metrics } from '@postern/shared/metrics/metrics.ts'
import { serveMetrics, type MetricsServer } from '@postern/shared/metrics/serve-metrics.ts'
import { checkPolicy } from '@postern/authorize/policy/check-policy.ts'
import type { Settings } from './settings.ts'
import type { Echo } from './applications.ts'
import type { Bench } from './bench.ts'

/** One request of a client that keeps no cookies. */
export interface Asked {
  /** As it is sent: nothing is normalised. */
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
  /** With the cookies of somebody who is signed in, and signs in first where needed. */
  readonly as?: string
  /** A browser that goes to a page; else a program that asks for JSON. */
  readonly page?: boolean
  /** Where TLS asks for it. */
  readonly identity?: IssuedCertificate
  /** Gives up after so long, and says so in the body; where nothing has come the status is 0. */
  readonly withinMs?: number
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** What the application saw; `undefined` where it was not asked. */
  readonly echo: Echo | undefined
}

/** A file, and the environment over it. */
export interface Written {
  readonly content: string
  readonly env: Settings
}

/** Postern as one process runs it, by a file and an environment that were read as `postern run` reads them. */
export class RunningStack implements AsyncDisposable {
  readonly bench: Bench
  readonly config: LoadedConfig
  /** What it logged, parsed. */
  readonly records: readonly Readonly<Record<string, unknown>>[]
  /** From the reading of the file to a service that answers. */
  readonly startedInMs: number
  readonly #running: RunningService

  private constructor(
    bench: Bench,
    config: LoadedConfig,
    running: RunningService,
    records: readonly Readonly<Record<string, unknown>>[],
    startedAt: number,
  ) {
    this.startedInMs = performance.now() - startedAt
    this.bench = bench
    this.config = config
    this.#running = running
    this.records = records
  }

  static async start(bench: Bench, content: string, env: Settings = {}): Promise<RunningStack> {
    const startedAt = performance.now()
    const config = read(bench, content, env)
    const records: Record<string, unknown>[] = []
    const log = logInto(records, config)
    const running = await startListed(fixed(config), { log, clock: bench.clock })
    const scraped = config.metrics && (await serveMetrics(fixed(config.metrics), { log, metrics: new Metrics() }))
    return new RunningStack(bench, config, scraped ? together(running, scraped) : running, records, startedAt)
  }

  /** The three as programs of their own, each by a file of its own, around one store. */
  static async startApart(bench: Bench, contents: Readonly<Record<ServiceName, Written>>): Promise<RunningStack> {
    const startedAt = performance.now()
    await using starting = new AsyncDisposableStack()
    const sessions = starting.use(new MemorySessionStore(bench.clock))
    const records: Record<string, unknown>[] = []
    const addresses: Record<string, ListenAddress> = {}
    const start = async (service: ServiceName): Promise<LoadedConfig> => {
      const { content, env } = contents[service]
      const config = read(bench, content, env, service)
      const running = starting.use(
        await startListed(fixed(config), { log: logInto(records, config), clock: bench.clock, sessions }),
      )
      Object.assign(addresses, running.addresses)
      return config
    }
    await start('authenticate')
    await start('authorize')
    const config = await start('proxy')
    const { 'proxy-http': http } = addresses
    const opened = starting.move()
    const running = {
      addresses: { ...addresses, ...(http && { http }) },
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    }
    return new RunningStack(bench, config, running, records, startedAt)
  }

  get addresses(): Readonly<Record<string, ListenAddress>> {
    return this.#running.addresses
  }

  async ask(host: string, asked: Asked = {}): Promise<Answer> {
    const { path = '/', as } = asked
    const cookie = as === undefined ? '' : await this.bench.people.cookie(this, as, host, path)
    const answer = await this.send(host, { ...asked, headers: { ...(cookie && { cookie }), ...asked.headers } })
    const echoed = answer.body.trimStart().startsWith('{"app":')
    return { ...answer, echo: echoed ? (JSON.parse(answer.body) as Echo) : undefined }
  }

  /** At the public listener, or at another address of it. */
  send(host: string, asked: Asked, at: ListenAddress | undefined = this.addresses['http']): Promise<Answer> {
    return send(host, asked, at, this.#speaksTls ? httpsRequest : httpRequest)
  }

  /** At a listener that does not speak TLS. */
  sendPlain(host: string, asked: Asked, at: ListenAddress | undefined): Promise<Answer> {
    return send(host, asked, at, httpRequest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]()
  }

  get #speaksTls(): boolean {
    return this.config.services.includes('proxy') && this.config.proxy.tls !== undefined
  }
}

function send(
  host: string,
  asked: Asked,
  at: ListenAddress | undefined,
  request: typeof httpRequest | typeof httpsRequest,
): Promise<Answer> {
  const { method = 'GET', path = '/', headers, body, page = false, withinMs = 10_000, identity } = asked
  const kind = page
    ? { accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate' }
    : { accept: 'application/json' }
  const patience = AbortSignal.timeout(withinMs)
  const sent = request({
    ...destinationOf(at),
    ...(request === httpsRequest && { rejectUnauthorized: false, servername: host.replace(/:\d+$/, '') }),
    ...(identity && { cert: identity.certificate, key: identity.key }),
    method,
    path,
    agent: false,
    headers: { host, ...kind, ...headers } as Record<string, string>,
    signal: patience,
  })
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  let hasBegun = false
  sent.once('error', (error) => {
    if (hasBegun) return
    if (patience.aborted) resolve({ status: 0, headers: {}, body: '(no answer yet)', echo: undefined })
    else reject(error)
  })
  sent.once('response', (response: IncomingMessage) => {
    hasBegun = true
    const { statusCode: status = 0, headers } = response
    text(response).then(
      (content) => resolve({ status, headers, body: content, echo: undefined }),
      () => resolve({ status, headers, body: patience.aborted ? '(still going on)' : '(broken off)', echo: undefined }),
    )
  })
  sent.end(body)
  return promise
}

function destinationOf(address: ListenAddress | undefined): RequestOptions {
  if (address === undefined) throw new Error('nobody listens there')
  return address.kind === 'tcp' ? { host: '127.0.0.1', port: address.port } : { socketPath: address.path }
}

function logInto(records: Record<string, unknown>[], { logLevel: level }: LoadedConfig): Logger {
  const destination = { write: (line: string) => void records.push(JSON.parse(line) as Record<string, unknown>) }
  return createLogger({ service: 'postern', level, format: 'json', destination })
}

function together(running: RunningService, metrics: MetricsServer): RunningService {
  return {
    addresses: { ...running.addresses, metrics: metrics.address },
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]()
      await metrics[Symbol.asyncDispose]()
    },
  }
}

let files = 0

/** The file as it is read from a disk; policies are looked into. */
function read(bench: Bench, content: string, env: Settings, service?: ServiceName): LoadedConfig {
  files += 1
  const path = join(bench.surroundings.folder, `config-${String(files)}.yaml`)
  writeFileSync(path, content)
  const reading = new ConfigSource({ path, env, checkPolicy, ...(service && { services: [service] }) }).read()
  if (reading.kind === 'ok') return reading.config
  throw new Error(`${reading.issues.map(describeIssue).join('\n')}\n${content}`)
}
