import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { startAll } from '@postern/cli/run.ts'
import { describeIssue } from '@postern/shared/config/config-issue.ts'
import { loadConfig, type LoadedConfig } from '@postern/shared/config/load-config.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { MemorySessionStore } from '@postern/shared/session/memory/memory-session-store.ts'
import type { SessionStore } from '@postern/shared/session/session-store.ts'
import type { Person } from './idp/people.ts'
import { anyPorts, withPorts, type Ports } from './ports.ts'
import { startStandIns, type StandIns } from './stand-ins.ts'

/** Everything, in one process: the three services over unix sockets, and the stand-ins around them. */
export interface Stack extends StandIns {
  /** `http://hello.localhost:PORT`; for browsers. Node may not resolve the name: use `proxyAddress` and a `Host`. */
  readonly helloUrl: string
  readonly verifyRouteUrl: string
  readonly authenticateUrl: string
  /** `http://127.0.0.1:PORT`: all hosts. */
  readonly proxyAddress: string
  readonly ports: Ports
  readonly sessions: SessionStore
  /** The YAML that runs. */
  readonly yaml: string
}

export interface StackOptions {
  /**
   * The environment of this process. The Google library reads `GCE_METADATA_HOST` from it at each request, and has no
   * other way to be told; it is set while the stack runs.
   */
  readonly processEnvironment: NodeJS.ProcessEnv
  readonly log: Logger
  /** Default: in memory. */
  readonly sessions?: SessionStore
  /** Default: any free ones. */
  readonly ports?: Ports
  /** Changes `dev/config.yaml` before it is loaded. */
  readonly configure?: (yaml: string) => string
  /** Overrides the file, as environment variables do. */
  readonly environment?: Readonly<Record<string, string>>
  readonly people?: readonly Person[]
  readonly accessTokenSeconds?: number
}

export const configFile = new URL('../config.yaml', import.meta.url)

/** Starts the stand-ins, then the services. @throws Error listing the mistakes, when the configuration has any */
export async function startStack(options: StackOptions): Promise<Stack> {
  const ports = options.ports ?? (await anyPorts())
  const usual = await readFile(configFile, 'utf8')
  const yaml = (options.configure ?? ((text) => text))(withPorts(usual, ports))
  const config = loadYaml(yaml, options.environment ?? {})
  await using starting = new AsyncDisposableStack()
  const standIns = starting.use(await startStandIns({ ...options, ports }))
  starting.use(metadataHost(options.processEnvironment, standIns.metadata.host))
  const sessions = options.sessions ?? starting.use(new MemorySessionStore())
  starting.use(await startAll(fixed(config), { log: options.log, sessions }))
  const running = starting.move()
  const at = (name: string): string => `http://${name}.localhost:${String(ports.proxy)}`
  return {
    ...standIns,
    helloUrl: at('hello'),
    verifyRouteUrl: at('verify'),
    authenticateUrl: at('authenticate'),
    proxyAddress: `http://127.0.0.1:${String(ports.proxy)}`,
    ports,
    sessions,
    yaml,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function loadYaml(text: string, env: Readonly<Record<string, string>>): LoadedConfig {
  const file = { path: 'dev/config.yaml', text }
  const loaded = loadConfig({ file, env, readFile: (path) => readFileSync(path, 'utf8') })
  if (loaded.kind === 'ok') return loaded.config
  throw new Error(`the configuration is wrong:\n${loaded.issues.map(describeIssue).join('\n')}`)
}

function metadataHost(environment: NodeJS.ProcessEnv, host: string): Disposable {
  const before = environment['GCE_METADATA_HOST']
  environment['GCE_METADATA_HOST'] = host
  return {
    [Symbol.dispose]: () => {
      if (before === undefined) delete environment['GCE_METADATA_HOST']
      else environment['GCE_METADATA_HOST'] = before
    },
  }
}
