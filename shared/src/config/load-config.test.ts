import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadConfig } from './load-config.ts'
import { apartConfig, baseConfig, load, oneRoute, secretA, secretB } from './config-fixture.ts'

/** The configuration file of the Cloud Run recipe: the identity provider and the secrets, nothing else. */
const recipeFile = `
authenticate_service_url: https://authn.cloudrun.example.com
shared_secret: ${secretA}
cookie_secret: ${secretB}
idp_provider: google
idp_client_id: 1234.apps.googleusercontent.com
idp_client_secret: GOCSPX-not-a-real-one
`

/** The routes of the recipe, as they go into POLICY: a list, in base64 with wrapped lines. */
const recipeRoutes = `
- from: https://hello.cloudrun.example.com
  to: https://hello-abcdef-uc.a.run.app
  allowed_domains: [gmail.com]
  enable_google_cloud_serverless_authentication: true
- from: https://verify.cloudrun.example.com
  to: https://verify.example.org
  pass_identity_headers: true
  allowed_domains: [gmail.com]
`

/** The route of the guide to securing Cloud Run, under a complete configuration. */
const guideFile = `${recipeFile}
insecure_server: true
routes:
- from: https://hello.your-domain.example
  to: https://hello-abcdef-uc.a.run.app
  enable_google_cloud_serverless_authentication: true
  policy:
  - allow:
      and:
      - domain:
          is: your-company.example
`

function wrappedBase64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\n')
}

describe('the recipe for Cloud Run', () => {
  const env = { POLICY: wrappedBase64(recipeRoutes), PORT: '8080', K_SERVICE: 'postern' }

  it('loads: configuration in a file, routes in POLICY', () => {
    const { proxy } = load(recipeFile, { env })
    assert.deepEqual(
      proxy.routes.map(({ from, serverless }) => [from.host, serverless?.audience]),
      [
        ['hello.cloudrun.example.com', 'https://hello-abcdef-uc.a.run.app'],
        ['verify.cloudrun.example.com', undefined],
      ],
    )
  })

  it('listens with plain HTTP where Cloud Run sends requests, and trusts its front end', () => {
    const { proxy } = load(recipeFile, { env })
    assert.deepEqual(proxy.listen, { kind: 'tcp', host: '0.0.0.0', port: 8080 })
    assert.equal(proxy.tls, undefined)
    assert.equal(proxy.trustedHops, 1)
  })

  it('gives authorize the people who may, and authenticate the hosts to return to', () => {
    const { authorize, authenticate } = load(recipeFile, { env })
    assert.deepEqual(authorize.routes[0]?.access.allowedDomains, ['gmail.com'])
    assert.deepEqual(
      authenticate.returnHosts.map(({ host }) => host),
      ['hello.cloudrun.example.com', 'verify.cloudrun.example.com'],
    )
    assert.equal(authenticate.idp.issuer.href, 'https://accounts.google.com/')
    assert.equal(authenticate.idp.clientSecret?.reveal(), 'GOCSPX-not-a-real-one')
  })

  it('loads from the environment alone', () => {
    const { proxy, authorize } = load(undefined, {
      env: {
        ...env,
        AUTHENTICATE_SERVICE_URL: 'https://authn.cloudrun.example.com',
        SHARED_SECRET: secretA,
        COOKIE_SECRET: secretB,
        IDP_PROVIDER: 'Google',
        IDP_CLIENT_ID: 'id',
        IDP_CLIENT_SECRET: 'secret-of-the-client',
      },
    })
    assert.equal(proxy.routes.length, 2)
    assert.equal(authorize.sharedSecret.reveal(), secretA)
  })
})

describe('the guide to securing Cloud Run', () => {
  it('loads, with the policy as plain data and its place in the file', () => {
    const result = loadConfig({
      file: { path: 'config.yaml', text: guideFile },
      env: {},
      readFile: () => assert.fail(),
    })
    assert.ok(result.kind === 'ok')
    const [route] = result.config.authorize.routes
    assert.deepEqual(route?.policy, [{ allow: { and: [{ domain: { is: 'your-company.example' } }] } }])
    assert.deepEqual(result.locate([...route.policyPath, 0, 'allow', 'and', 0, 'domain', 'is']), {
      file: 'config.yaml',
      line: 18,
      column: 11,
    })
  })
})

describe('what the services share', () => {
  it('has the same route ids and the same revision wherever it is loaded', () => {
    const proxy = load(apartConfig + oneRoute, { services: ['proxy'] })
    const authorize = load(apartConfig + oneRoute, { services: ['authorize'], env: { LOG_LEVEL: 'debug' } })
    assert.equal(proxy.proxy.routes[0]?.id, authorize.authorize.routes[0]?.id)
    assert.equal(proxy.revision, authorize.revision)
  })

  it('is the same whether the routes stand in the file or in ROUTES', () => {
    const inFile = load(baseConfig + oneRoute)
    const ROUTES = wrappedBase64(oneRoute.replace('routes:\n', ''))
    assert.equal(load(baseConfig, { env: { ROUTES } }).revision, inFile.revision)
  })

  it('changes its revision when a policy changes', () => {
    const other = guideFile.replace('your-company', 'their-company')
    assert.notEqual(load(guideFile).revision, load(other).revision)
  })

  it('holds a slice only for the services that it was loaded for, so that a service needs its own secrets only', () => {
    const withoutSecrets = apartConfig.replaceAll(/^(?:shared_secret|cookie_secret|idp_.*|redis_url): .*\n/gm, '')
    const config = load(withoutSecrets + oneRoute, { services: ['proxy'] })
    assert.equal(config.proxy.routes.length, 1)
    assert.throws(() => config.authorize, { code: 'CONFIG_INVALID' })
    assert.throws(() => config.authenticate, { code: 'CONFIG_INVALID' })
  })
})

describe('ten thousand routes', () => {
  it('are read', () => {
    const route = (index: number) =>
      `- from: https://app-${String(index)}.example.com\n  to: https://app-${String(index)}-uc.a.run.app\n  enable_google_cloud_serverless_authentication: true\n  allow_any_authenticated_user: true\n`
    const text = `${baseConfig}routes:\n${Array.from({ length: 10_000 }, (_, index) => route(index)).join('')}`
    assert.equal(load(text).proxy.routes.length, 10_000)
  })
})
