import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { baseConfig, errorsOf, warningsOf } from '../config-fixture.ts'
import { globalKeys } from './global-keys.ts'
import { describeLeftOut, leftOutGlobalKeys, leftOutRouteKeys } from './left-out.ts'
import type { LeftOutKey } from './left-out.ts'
import { routeKeys } from './route-keys.ts'

/** Without these nobody gets in who should not, nobody is kept out, and nothing goes elsewhere. */
const harmless = {
  global: [
    'autocert_*',
    'blob_storage',
    'branding',
    'circuit_breaker_thresholds',
    'codec_type',
    'cookie_domain',
    'cookie_secure',
    'databroker_*',
    'debug_address',
    'dns_*',
    'envoy_*',
    'grpc_client_dns_roundrobin',
    'grpc_server_*',
    'health_check_systemd_disabled',
    'installation_id',
    'mcp_*',
    'otel_*',
    'runtime_flags',
    'ssh_*',
  ],
  route: [
    'circuit_breaker_thresholds',
    'health_checks',
    'healthy_panic_threshold',
    'id',
    'outlier_detection',
    'regex_priority_order',
  ],
} as const

const route = (more: string): string =>
  `${baseConfig}routes:\n- {from: https://a.example.com, to: https://b.example.net, allow_any_authenticated_user: true, ${more}}\n`

const where = {
  global: {
    keys: leftOutGlobalKeys,
    file: (line: string) => `${baseConfig}${line}\n${route('').slice(baseConfig.length)}`,
  },
  route: { keys: leftOutRouteKeys, file: route },
}

describe('a Pomerium key that Postern leaves out', () => {
  for (const scope of ['global', 'route'] as const) {
    const { keys, file } = where[scope]

    it(`is a warning where that is harmless, else an error: ${scope}`, () => {
      const warned = Object.entries(keys).filter(([, { severity }]) => severity === 'warning')
      assert.deepEqual(warned.map(([name]) => name).toSorted(), [...harmless[scope]])
    })

    for (const [name, key] of Object.entries(keys)) {
      it(`${scope}: ${name}, ${key.severity}, says why`, () => {
        const written = file(`${name.replace('*', 'anything')}: anything`)
        const said = (key.severity === 'error' ? errorsOf : warningsOf)(written)
        assert.equal(said.filter((line) => line.endsWith(describeLeftOut(key))).length, 1, said.join('\n'))
      })
    }
  }

  it('is in the reference, with what it is', () => {
    const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')
    const [, global = '', ofRoutes = ''] = page.split(/^## What Postern leaves out.*$/m)
    const row = (name: string, { severity }: LeftOutKey): string => `| \`${name}\` | ${severity}`
    for (const [name, key] of Object.entries(leftOutGlobalKeys)) assert.ok(global.includes(row(name, key)), name)
    for (const [name, key] of Object.entries(leftOutRouteKeys)) assert.ok(ofRoutes.includes(row(name, key)), name)
  })

  it('is none that Postern has', () => {
    assert.deepEqual(
      Object.keys(leftOutGlobalKeys).filter((name) => name in globalKeys),
      [],
    )
    assert.deepEqual(
      Object.keys(leftOutRouteKeys).filter((name) => name in routeKeys),
      [],
    )
  })

  it('says nothing with a value that means the same here', () => {
    for (const [scope, line] of [
      ['global', 'autocert: false'],
      ['global', 'cookie_secure: true'],
      ['global', 'use_proxy_protocol: false'],
      ['global', 'authenticate_callback_path: /oauth2/callback'],
      ['global', 'codec_type: auto'],
      ['route', 'allow_spdy: false'],
      ['route', 'tls_upstream_allow_renegotiation: false'],
    ] as const)
      assert.deepEqual(warningsOf(where[scope].file(line)), [], line)
  })
})

describe('runtime_flags', () => {
  const message =
    'a route without a port in from answers on every port here; write the port into from, and leave this out'

  it('are an error where one closes ports that are open here', () => {
    assert.deepEqual(errorsOf(`${baseConfig}runtime_flags: {match_any_incoming_port: false}\n`), [
      `config.yaml:9:42 runtime_flags.match_any_incoming_port: ${message}`,
    ])
    const env = { RUNTIME_FLAGS: '{"match_any_incoming_port":false}' }
    assert.deepEqual(errorsOf(baseConfig, { env }), [`$RUNTIME_FLAGS ${message}`])
  })

  it('are a warning otherwise', () => {
    const said = warningsOf(where.global.file('runtime_flags: {match_any_incoming_port: true, mcp: true}'))
    assert.equal(said.length, 1)
  })
})
