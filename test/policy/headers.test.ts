import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { headersRead } from '@postern/authorize/policy/headers-read.ts'
import { routePolicy } from '@postern/authorize/policy/route-policy.ts'
import { loadConfig, type LoadedConfig } from '@postern/shared/config/load-config.ts'
import { tables } from './fixtures.ts'

/** A configuration with one route for each policy of the tables. */
function configOfTables(): LoadedConfig {
  const data = {
    insecure_server: true,
    authenticate_service_url: 'https://auth.example.com',
    shared_secret: randomBytes(32).toString('base64'),
    cookie_secret: randomBytes(32).toString('base64'),
    idp_provider: 'oidc',
    idp_provider_url: 'https://idp.example.com',
    idp_client_id: 'postern',
    idp_client_secret: 'not-a-real-one',
    routes: tables.map(({ policy }, index) => ({
      from: `https://r${index}.example.com`,
      to: 'https://app.example.net',
      policy,
    })),
  }
  const result = loadConfig({
    file: { path: 'config.yaml', text: JSON.stringify(data) },
    env: {},
    readFile: () => assert.fail('no key names a file'),
  })
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues))
  return result.config
}

describe('every policy of the tables, in a configuration', () => {
  const config = configOfTables()

  it('has the proxy send all headers that the policy reads, and so decides the same there', () => {
    config.authorize.routes.forEach((route, index) => {
      const read = routePolicy(route)
      assert.ok(read.kind === 'ok', tables[index]?.title)
      const sent = config.proxy.routes[index]?.headersForPolicy ?? []
      assert.deepEqual(
        headersRead(read.policy).filter((name) => !sent.includes(name)),
        [],
      )
    })
  })

  it('is read somewhere: some policy does read headers', () => {
    assert.ok(config.proxy.routes.some(({ headersForPolicy }) => headersForPolicy.length > 0))
  })
})
