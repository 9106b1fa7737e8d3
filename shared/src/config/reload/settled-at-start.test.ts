import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  apartConfig,
  baseConfig,
  certificate,
  load,
  namedFiles,
  oneRoute,
  secretA,
  secretB,
} from '../config-fixture.ts'
import { keepSettled } from './settled-at-start.ts'

/** What is written at first, what then, and the keys that have to wait for a restart. */
type Row = readonly [before: string, after: string, ...waiting: string[]]

const rows: readonly Row[] = [
  ['', 'cookie_expire: 1h\n'],
  ['', 'xff_num_trusted_hops: 2\n'],
  ['', 'timeout_read: 5s\ntimeout_write: 5s\ntimeout_idle: 5s\n'],
  ['', 'set_response_headers: {X-A: b}\n'],
  ['', 'access_log_fields: [path]\nauthorize_log_fields: [path]\n'],
  ['', 'session_idle_timeout: 1h\nsignout_redirect_url: https://example.com\nidp_scopes: [openid]\n'],
  ['', 'log_level: debug\n', 'log_level', 'proxy_log_level'],
  ['', 'address: ":8443"\n', 'address'],
  ['', 'grpc_address: ":5444"\n', 'grpc_address'],
  ['', 'grpc_client_timeout: 1s\n', 'grpc_client_timeout'],
  ['', 'http_redirect_addr: ":80"\n', 'http_redirect_addr'],
  ['', 'health_check_addr: ":81"\n', 'health_check_addr'],
  ['', 'authorize_check_timeout: 1s\n', 'authorize_check_timeout'],
  ['', `shared_secret_accepted: ${secretB}\n`, 'shared_secret_accepted'],
  ['', 'redis_key_prefix: "x:"\n', 'redis_key_prefix'],
  ['', 'redis_command_timeout: 3s\nredis_ca_file: /tls/ca.pem\n', 'redis_ca_file', 'redis_command_timeout'],
  [
    `grpc_authentication: shared_secret\ngrpc_tls: {ca_file: /tls/ca.pem}\n`,
    `grpc_authentication: shared_secret\nshared_secret_accepted: ${secretB}\n`,
    'shared_secret_accepted',
    'grpc_tls',
  ],
  ['grpc_authentication: shared_secret\n', '', 'grpc_authentication'],
]

describe('a setting that a reload changes', () => {
  for (const [before, after, ...waiting] of rows) {
    const what = after.replaceAll('\n', ' ').replaceAll(secretB, '…')
    it(`${what === '' ? before.trim() : what}${waiting.length === 0 ? 'counts at once' : 'waits for a restart'}`, () => {
      const { config, waiting: named } = keepSettled(load(baseConfig + before), load(baseConfig + after))
      assert.deepEqual([...named].toSorted(), [...waiting].toSorted())
      if (waiting.length > 0) return
      const { proxy, authorize, authenticate } = load(baseConfig + after)
      assert.deepEqual(config.proxy, proxy)
      assert.deepEqual(config.authorize.decisionLogFields, authorize.decisionLogFields)
      assert.deepEqual(config.authenticate.idp, authenticate.idp)
    })
  }

  it('is one of the routes: counts at once', () => {
    const { config, waiting } = keepSettled(load(baseConfig), load(baseConfig + oneRoute))
    assert.deepEqual([config.proxy.routes.length, config.authorize.routes.length, waiting], [1, 1, []])
  })
})

describe('a file that is read once, at the start,', () => {
  const reading = (changed: Readonly<Record<string, string>>) => ({
    readFile: (path: string) => changed[path] ?? namedFiles[path] ?? assert.fail(path),
  })

  for (const [key, text] of [
    ['redis_ca_file', `${baseConfig}redis_ca_file: /tls/ca.pem\n`],
    ['grpc_tls.ca_file', `${apartConfig}grpc_authentication: shared_secret\ngrpc_tls: {ca_file: /tls/ca.pem}\n`],
  ] as const) {
    it(`waits for a restart when another content is in it, until that is back: ${key}`, () => {
      const changed = load(text, reading({ '/tls/ca.pem': `${certificate}${certificate}` }))
      const second = keepSettled(load(text), changed)
      assert.deepEqual(second.waiting, [key])
      assert.deepEqual(keepSettled(second.config, changed).waiting, [key], 'it still waits')
      assert.deepEqual(keepSettled(second.config, load(text)).waiting, [])
    })
  }

  it('says nothing of a secret', () => {
    const { waiting } = keepSettled(load(baseConfig), load(baseConfig.replace(secretA, secretB)))
    assert.ok(waiting.includes('shared_secret'))
    assert.doesNotMatch(waiting.join(), /[+/=]/)
  })
})
