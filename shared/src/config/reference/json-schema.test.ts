import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import Ajv from 'ajv'
import { parse } from 'yaml'
import { apartConfig, baseConfig, oneRoute } from '../config-fixture.ts'
import { routeKeys } from '../keys/route-keys.ts'
import { configurationSchema, configurationSchemaText } from './json-schema.ts'

const committed = new URL('../../../../docs/postern.schema.json', import.meta.url)
// Not the library that the schema is made with: editors have another one, too.
const validate = new Ajv({ allErrors: true }).compile(configurationSchema())
const accepts = (yaml: string): boolean => validate(parse(yaml)) === true

describe('the JSON Schema of the configuration', () => {
  it('is the committed file: npm run gen after changing a key', () => {
    assert.equal(readFileSync(committed, 'utf8'), configurationSchemaText())
  })

  it('accepts what Postern accepts', () => {
    const quickStart = readFileSync(new URL('../../../../dev/config.yaml', import.meta.url), 'utf8')
    const everything = `${baseConfig}timeout_read: 1h30m\ntimeout_write: 0\nlog_level: WARN\nautocert_dir: /data\n`
    const routes = `routes: [{from: https://a.example.com, redirect: {https_redirect: true}, load_balancing_policy: Random, circuit_breaker_thresholds: {max_requests: 5}}]\n`
    for (const yaml of [
      quickStart,
      baseConfig,
      apartConfig + oneRoute,
      everything + routes,
      'shared_secret_file: /x\n',
    ])
      assert.ok(accepts(yaml), yaml)
  })

  for (const [title, yaml] of [
    ['an unknown key', 'adress: ":443"\n'],
    ['a duration without a unit', 'timeout_read: "30"\n'],
    ['a word that is none', 'cookie_same_site: laxer\n'],
    ['a number for text', 'idp_client_id: 17\n'],
    ['a key in a group', 'grpc_tls: {cert_file: /x}\n'],
    ['a route without from', 'routes: [{to: https://b.example}]\n'],
    ['an unknown key of a route', 'routes: [{from: https://a.example, too: https://b.example}]\n'],
    ['a status of a redirect', 'routes: [{from: https://a.example, redirect: {response_code: 200}}]\n'],
    ['a key that opens or closes a door elsewhere', 'use_proxy_protocol: true\n'],
  ] as const) {
    it(`refuses ${title}`, () => assert.equal(accepts(yaml), false))
  }

  it('describes every key, so that an editor can', () => {
    const { definitions } = configurationSchema() as {
      definitions: { route: { properties: Record<string, { description?: string }> } }
    }
    for (const [name, { meaning }] of Object.entries(routeKeys))
      assert.ok(definitions.route.properties[name]?.description?.startsWith(meaning), name)
  })
})
