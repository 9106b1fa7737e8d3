import { describeIssue, describePlace } from '../config/config-issue.ts'
import { describeListenAddress } from '../config/listen-address.ts'
import type { LoadedConfig, PolicyCheck } from '../config/load-config.ts'
import type { ServiceName } from '../config/model.ts'
import { ConfigSource } from '../config/reload/config-source.ts'
import type { ConfigReading } from '../config/reload/config-reading.ts'
import { LiveConfig } from '../config/reload/live-config.ts'
import type { Environment } from '../config/source/environment.ts'
import { openEnvironment } from '../google-secrets/open-environment.ts'
import type { OpenEnvironment } from '../google-secrets/open-environment.ts'
import { createLogger } from '../log/json-logger.ts'
import type { Logger } from '../log/logger.ts'
import { Metrics } from '../metrics/metrics.ts'
import { recordProcess } from '../metrics/process-metrics.ts'
import { UsageError, describeFlags, exitCodes, parseCommandLine } from './command-line.ts'
import type { FlagSpecs } from './command-line.ts'
import { derived } from './live.ts'
import type { Live } from './live.ts'
import { nodeProcess } from './process-host.ts'
import type { ProcessHost } from './process-host.ts'
import { releaseStartMemory } from './release-start-memory.ts'
import type { RunningService } from './running-service.ts'

export interface ServiceProgram<Slice> {
  /** The service, or `all` for the three in one process. */
  readonly name: ServiceName | 'all'
  /** Without the program and its path. */
  readonly argv: readonly string[]
  readonly env: Environment
  readonly select: (config: LoadedConfig) => Slice
  readonly start: (
    config: Live<Slice>,
    deps: { readonly log: Logger; readonly metrics: Metrics },
  ) => Promise<RunningService>
  /** Left out: policies are not looked into. */
  readonly checkPolicy?: PolicyCheck
  /** The thread that reads a large configuration, with the same `checkPolicy`. */
  readonly readingWorker?: URL
  /** Left out: secret references are resolved by Google's Secret Manager. */
  readonly openEnvironment?: OpenEnvironment
  readonly host?: ProcessHost
}

export const serviceFlags = {
  config: { value: 'FILE', meaning: 'the configuration file; left out: everything is in the environment' },
  'log-format': { value: 'FORMAT', meaning: 'json or pretty; left out: pretty at a terminal, else json' },
  help: { short: 'h', meaning: 'print this' },
} as const satisfies FlagSpecs

/**
 * A whole service program: reads the configuration (every mistake is printed, exit code 78), starts, and runs until
 * SIGTERM or SIGINT. The first signal drains and exits with 0; a second one exits at once. The configuration is read again
 * when a file of it changes, and on SIGHUP.
 */
export async function runService<Slice>(program: ServiceProgram<Slice>): Promise<void> {
  const host = program.host ?? nodeProcess
  const options = readOptions(program, host)
  if (options === undefined) return
  const environment = await openEnvironmentOf(program)
  const source = new ConfigSource({
    path: options.config,
    env: environment.env,
    files: environment.files,
    ...(program.name === 'all' ? {} : { services: [program.name] }),
    ...(program.checkPolicy === undefined ? {} : { checkPolicy: program.checkPolicy }),
    readingWorker: program.readingWorker,
  })
  // What a reference leads to is missing from the rest, so its mistakes would only follow from this one.
  const first: ConfigReading | undefined = environment.issues.length > 0 ? undefined : source.read()
  if (first?.kind !== 'ok') {
    for (const issue of first?.issues ?? environment.issues) host.printError(describeIssue(issue))
    host.exit(exitCodes.config)
    return
  }
  const log = createLogger({
    service: nameOf(program),
    level: first.config.logLevel,
    format: options.format,
    color: host.isTerminal,
  })
  for (const { message, path, ...place } of first.warnings) {
    log.warn({ place: describePlace(place), path: path.join('.'), warning: message }, 'configuration warning')
  }
  await startAndWait(program, { source, first }, log, host)
}

function nameOf({ name }: Pick<ServiceProgram<unknown>, 'name'>): string {
  return name === 'all' ? 'postern' : name
}

interface Options {
  readonly config: string | undefined
  readonly format: 'json' | 'pretty'
}

function readOptions(program: Pick<ServiceProgram<unknown>, 'name' | 'argv'>, host: ProcessHost): Options | undefined {
  try {
    const { flags, rest } = parseCommandLine(program.argv, serviceFlags)
    if (flags['help'] === true) {
      host.print(
        `Usage: ${program.name === 'all' ? 'run' : program.name} [--config FILE]\n\n${describeFlags(serviceFlags)}`,
      )
      host.exit(exitCodes.ok)
      return undefined
    }
    if (rest.length > 0) throw new UsageError(`unexpected argument ${rest[0] ?? ''}`)
    return { config: asText(flags['config']), format: readFormat(asText(flags['log-format']), host) }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    host.printError(`${error.message}\n\n${describeFlags(serviceFlags)}`)
    host.exit(exitCodes.usage)
    return undefined
  }
}

function asText(value: string | true | undefined): string | undefined {
  return value === true ? undefined : value
}

function readFormat(text: string | undefined, host: ProcessHost): 'json' | 'pretty' {
  if (text === 'json' || text === 'pretty') return text
  if (text !== undefined) throw new UsageError(`--log-format is json or pretty, not ${text}`)
  return host.isTerminal ? 'pretty' : 'json'
}

interface OpenedConfig {
  readonly source: ConfigSource
  readonly first: ConfigReading & { readonly kind: 'ok' }
}

async function startAndWait<Slice>(
  program: ServiceProgram<Slice>,
  { source, first }: OpenedConfig,
  log: Logger,
  host: ProcessHost,
): Promise<void> {
  const stop = waitForSignal(host)
  try {
    using config = new LiveConfig(source, first, { log })
    using _reload = host.onSignal('SIGHUP', () => void reloadAll(program, source, config))
    const metrics = new Metrics()
    using _process = recordProcess(metrics, { program: nameOf(program), config })
    // Closed last: while the service drains, somebody may want to see it.
    await using scraped = await openMetrics(config, { log, metrics })
    await using running = await program.start(derived(config, program.select), { log, metrics })
    const addresses = { ...running.addresses, ...scraped.addresses }
    log.info({ listening: describeAddresses(addresses), revision: config.current.revision }, 'started')
    using _memory = releaseStartMemory()
    const signal = await stop
    log.info({ signal }, 'stopping: what is in flight is finished first')
  } catch (error) {
    log.error({ error }, 'could not run')
    host.exit(exitCodes.failed)
    return
  }
  log.info({}, 'stopped')
  host.exit(exitCodes.ok)
}

/** The listener for Prometheus, where the configuration wants one; nothing of it is loaded otherwise. */
async function openMetrics(
  config: Live<LoadedConfig>,
  deps: { readonly log: Logger; readonly metrics: Metrics },
): Promise<RunningService> {
  const { metrics } = config.current
  if (metrics === undefined) return { addresses: {}, [Symbol.asyncDispose]: () => Promise.resolve() }
  const { serveMetrics } = await import('../metrics/serve-metrics.ts')
  const wanted = derived(config, (loaded) => loaded.metrics ?? metrics)
  const server = await serveMetrics(wanted, deps)
  return { addresses: { metrics: server.address }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

function openEnvironmentOf(program: Pick<ServiceProgram<unknown>, 'env' | 'openEnvironment'>) {
  return (program.openEnvironment ?? openEnvironment)(program.env)
}

/** Everything again, secret references included. */
async function reloadAll(
  program: Pick<ServiceProgram<unknown>, 'env' | 'openEnvironment'>,
  source: ConfigSource,
  config: LiveConfig,
): Promise<void> {
  const { env, files, issues } = await openEnvironmentOf(program)
  if (issues.length > 0) {
    config.refuse(issues)
    return
  }
  source.replaceEnvironment(env, files)
  await config.reload()
}

function describeAddresses(addresses: RunningService['addresses']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, describeListenAddress(address)]))
}

/** Resolves at the first signal; the second one does not wait for anything. */
function waitForSignal(host: ProcessHost): Promise<string> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      host.onSignal(signal, () => {
        if (asked) host.exit(exitCodes.failed)
        asked = true
        resolve(signal)
      })
    }
  })
}
