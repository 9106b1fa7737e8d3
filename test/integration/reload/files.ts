import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '@postern/shared/config/load-config.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import { ConfigSource } from '@postern/shared/config/reload/config-source.ts'
import type { ConfigSourceOptions } from '@postern/shared/config/reload/config-source.ts'
import { LiveConfig } from '@postern/shared/config/reload/live-config.ts'
import type { LiveConfigDeps } from '@postern/shared/config/reload/live-config.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { eventually } from '../../support/eventually.ts'

/** A whole configuration whose one route has this host. */
export function configText(host: string, more = ''): string {
  return `authenticate_service_url: https://authn.example.com
idp_provider: google
idp_client_id: me
idp_client_secret: hush
insecure_server: true
address: 127.0.0.1:0
${more}routes:
- from: https://${host}
  to: http://127.0.0.1:1
  allow_any_authenticated_user: true
`
}

/** A directory that goes away with the test. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'postern-reload-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export interface WatchedConfig extends Disposable {
  readonly config: LiveConfig
  readonly source: ConfigSource
  readonly log: ReturnType<typeof recordingLog>
  /** Resolves when the configuration in force has this route host. */
  hasHost(host: string): Promise<unknown>
  /** What was said in refusals, one text for each. */
  refusals(): string[]
}

/** Watches a file that is there and right. */
export async function watchConfig(
  path: string,
  deps: Partial<LiveConfigDeps> = {},
  options: Partial<ConfigSourceOptions> = {},
): Promise<WatchedConfig> {
  const log = recordingLog()
  const source = new ConfigSource({ path, env: {}, ...options })
  const first = source.read()
  if (first.kind === 'invalid') throw new Error(JSON.stringify(first.issues))
  const config = new LiveConfig(source, first, { log, quietMs: 20, lookMs: 3_600_000, ...deps })
  await sleep(60) // it looks once by itself, right after the start; what comes after that needs an event
  return {
    config,
    source,
    log,
    hasHost: (host) => eventually(`the route ${host} is in force`, 3000, () => hostsOf(config.current).includes(host)),
    refusals: () =>
      log.lines.filter(({ level }) => level === 'error').map(({ fields }) => JSON.stringify(fields['mistakes'])),
    [Symbol.dispose]: () => config[Symbol.dispose](),
  }
}

export function hostsOf({ proxy }: LoadedConfig): string[] {
  return proxy.routes.map(({ from }) => from.host)
}

/** Loads a text that is right, without any file. */
export function loaded(text: string): LoadedConfig {
  const result = loadConfig({ file: { path: 'config.yaml', text }, env: {}, readFile: () => '' })
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues))
  return result.config
}
