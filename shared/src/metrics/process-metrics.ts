import { version as nodeVersion } from 'node:process'
import type { LoadedConfig } from '../config/load-config.ts'
import type { LiveConfig } from '../config/reload/live-config.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { Metrics } from './metrics.ts'

/** What runs, and the configuration that is in force: asked for whenever somebody looks. */
export function recordProcess(
  metrics: Metrics,
  { program, config }: { readonly program: string; readonly config: Pick<LiveConfig, 'current' | 'state'> },
): Disposable {
  const build = { program, version: manifest.version, node_version: nodeVersion }
  const sources = new DisposableStack()
  sources.use(metrics.read('postern_build_info', () => 1, build))
  sources.use(metrics.readAll('postern_config_info', () => [{ labels: { revision: config.state.revision }, value: 1 }]))
  sources.use(metrics.read('postern_config_last_reload_success', () => Number(config.state.lastReloadSuccessful)))
  sources.use(
    metrics.read(
      'postern_config_last_reload_success_timestamp_seconds',
      () => config.state.lastSuccessAt.getTime() / 1000,
    ),
  )
  sources.use(metrics.read('postern_config_reloads_total', () => config.state.successes, { result: 'success' }))
  sources.use(metrics.read('postern_config_reloads_total', () => config.state.failures, { result: 'failure' }))
  sources.use(metrics.read('postern_config_routes', () => routesOf(config.current)))
  return sources
}

/** Authenticate knows only their hosts. */
function routesOf(config: LoadedConfig): number | undefined {
  if (config.services.includes('authorize')) return config.authorize.routes.length
  if (!config.services.includes('proxy')) return undefined
  return new Set(config.proxy.routes.map(({ id }) => id)).size // one with a second host stands there twice
}
