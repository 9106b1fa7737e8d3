import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { apartConfig, baseConfig, load, oneRoute, warningsOf } from '../config-fixture.ts'

describe('access_log_fields and authorize_log_fields', () => {
  it('are the usual ones where nothing is said', () => {
    const { proxy, authorize } = load(baseConfig + oneRoute)
    assert.deepEqual([proxy.accessLogFields, authorize.decisionLogFields], [undefined, undefined])
    assert.deepEqual(proxy.routes[0]?.headersForPolicy, [])
  })

  it('replace the usual ones, in this order', () => {
    const written =
      'access_log_fields: [path, query, headers.Accept, ip]\nauthorize_log_fields: [user, id-token-claims]\n'
    const { proxy, authorize } = load(baseConfig + written + oneRoute)
    assert.deepEqual(proxy.accessLogFields, ['path', 'query', 'headers.Accept', 'ip'])
    assert.deepEqual(authorize.decisionLogFields, ['user', 'id-token-claims'])
    assert.deepEqual(warningsOf(baseConfig + written + oneRoute), [])
  })

  it('come from the environment too', () => {
    const env = { ACCESS_LOG_FIELDS: 'path, response-code', AUTHORIZE_LOG_FIELDS: 'user' }
    const { proxy, authorize } = load(baseConfig + oneRoute, { env })
    assert.deepEqual([proxy.accessLogFields, authorize.decisionLogFields], [['path', 'response-code'], ['user']])
  })

  it('have authorize told of the headers for its log, on every route', () => {
    const written = 'authorize_log_fields: [headers.Accept-Language, headers.Authorization, path]\n'
    assert.deepEqual(load(baseConfig + written + oneRoute).proxy.routes[0]?.headersForPolicy, ['accept-language'])
  })
})

describe('a log field that cannot be had is left out, and named', () => {
  const rows: readonly (readonly [field: string, message: string])[] = [
    ['respose-code', 'unknown field "respose-code", which is left out; did you mean "response-code"?'],
    ['zzz', 'unknown field "zzz", which is left out'],
    ['headers.Authorization', 'this header may hold a credential and is not logged'],
    ['headers.cookie', 'this header may hold a credential and is not logged'],
    ['headers.X-Api-Key', 'this header may hold a credential and is not logged'],
    ['headers.X-Pomerium-Jwt-Assertion', 'this header may hold a credential and is not logged'],
    ['headers.X-Serverless-Authorization', 'this header may hold a credential and is not logged'],
    ['"headers."', '"headers." does not name a header; it is left out'],
    ['headers', 'all headers together hold credentials and are not logged; name those you need, as in headers.Accept'],
    ['body', 'bodies pass through and are not logged'],
  ]
  for (const [field, message] of rows) {
    it(field, () => {
      const text = `${baseConfig}access_log_fields: [path, ${field}]\n${oneRoute}`
      assert.deepEqual(warningsOf(text), [`config.yaml:9:27 access_log_fields.1: warning: ${message}`])
      assert.deepEqual(load(text).proxy.accessLogFields, ['path'])
    })
  }

  it('id-token, and what only Pomerium has', () => {
    const text = `${baseConfig}authorize_log_fields: [id-token, removed-groups-count]\n${oneRoute}`
    assert.deepEqual(warningsOf(text), [
      'config.yaml:9:24 authorize_log_fields.0: warning: the ID token is a credential and is not logged; id-token-claims holds what it says',
      'config.yaml:9:34 authorize_log_fields.1: warning: Postern has nothing to write into "removed-groups-count"; it is left out',
    ])
    assert.deepEqual(load(text).authorize.decisionLogFields, [])
  })
})

describe('proxy_log_level', () => {
  it('is for the proxy alone', () => {
    const { proxy, authorize, logLevel } = load(`${baseConfig}log_level: warn\nproxy_log_level: debug\n${oneRoute}`)
    assert.deepEqual([logLevel, proxy.logLevel, authorize.logLevel], ['warn', 'debug', 'warn'])
  })

  it('is the level of the process in which only the proxy runs', () => {
    const text = `${apartConfig}proxy_log_level: debug\n${oneRoute}`
    assert.equal(load(text, { services: ['proxy'] }).logLevel, 'debug')
    assert.equal(load(text, { services: ['authorize'] }).logLevel, 'info')
  })

  it('left out, is log_level', () => assert.equal(load(`${baseConfig}log_level: warn\n`).proxy.logLevel, 'warn'))
})
