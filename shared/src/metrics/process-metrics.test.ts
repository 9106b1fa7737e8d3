import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { apartConfig, baseConfig, load, oneRoute } from '../config/config-fixture.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { Metrics } from './metrics.ts'
import { recordProcess } from './process-metrics.ts'

const state = {
  lastReloadSuccessful: false,
  lastSuccessAt: new Date(1_700_000_000_500),
  successes: 2,
  failures: 1,
  revision: 'abc',
}

function recorded(current: LoadedConfig): Readonly<Record<string, unknown>> {
  const metrics = new Metrics()
  recordProcess(metrics, { program: 'proxy', config: { current, state } })
  const samples = metrics
    .families()
    .flatMap((family) =>
      family.samples().map(({ labels, value }) => [[family.name, ...Object.values(labels)].join(' '), value] as const),
    )
  return Object.fromEntries(samples)
}

describe('what a process says about itself', () => {
  it('is what runs, and how its configuration came to be', () => {
    const { 'postern_config_info abc': info, ...rest } = recorded(load(baseConfig + oneRoute))
    assert.equal(info, 1)
    assert.deepEqual(rest, {
      [`postern_build_info proxy 0.1.0 ${process.version}`]: 1,
      postern_config_last_reload_success: 0,
      postern_config_last_reload_success_timestamp_seconds: 1_700_000_000.5,
      'postern_config_reloads_total success': 2,
      'postern_config_reloads_total failure': 1,
      postern_config_routes: 1,
    })
  })

  it('counts a route with two hosts once, and none where they are not known', () => {
    const twoHosts = `${oneRoute}  tls_downstream_server_name: second.example.com\n`
    const routesIn = (service: 'proxy' | 'authorize' | 'authenticate') =>
      recorded(load(apartConfig + twoHosts, { services: [service] }))['postern_config_routes']
    assert.deepEqual([routesIn('proxy'), routesIn('authorize'), routesIn('authenticate')], [1, 1, undefined])
  })
})
