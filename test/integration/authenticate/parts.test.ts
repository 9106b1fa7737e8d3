import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { anyPorts } from '@postern/dev/ports.ts'
import { MisbehavingIdp } from '../../support/misbehaving-idp.ts'
import { startRedis } from '../../support/redis-server.ts'
import { startServiceProcess } from '../../support/service-process.ts'
import { WebClient } from '../../support/web-client.ts'

describe('authenticate on a platform that gives a service one port', () => {
  const opened = new AsyncDisposableStack()
  let configFile: string
  let environment: Record<string, string>
  before(async () => {
    const idp = opened.use(await MisbehavingIdp.start({ now: () => new Date() }))
    const redis = opened.use(await startRedis())
    const folder = await mkdtemp(join(tmpdir(), 'postern-parts-'))
    opened.defer(() => rm(folder, { recursive: true }))
    configFile = join(folder, 'config.yaml')
    await writeFile(
      configFile,
      `
authenticate_service_url: https://auth.test
idp_provider: oidc
idp_provider_url: ${idp.issuer}
idp_client_id: postern
idp_client_secret: ${idp.clientSecret}
redis_url: ${redis.url()}
grpc_authentication: shared_secret
routes: [{from: 'https://app.test', to: 'https://a.example', allow_any_authenticated_user: true}]
`,
    )
    environment = {
      K_SERVICE: 'authenticate',
      SHARED_SECRET: randomBytes(32).toString('base64'),
      COOKIE_SECRET: randomBytes(32).toString('base64'),
    }
  })
  after(() => opened.disposeAsync())

  const start = async (part: 'http' | 'grpc') => {
    const { proxy: port } = await anyPorts()
    const running = await startServiceProcess('authenticate', configFile, { ...environment, PORT: String(port) }, [
      '--only',
      part,
    ])
    const record = running.records.find(({ message }) => message === 'started')
    return { running, port, listening: Object.keys(record?.['listening'] ?? {}) }
  }

  it('serves people there with --only http, and nobody else', async () => {
    const { running, port, listening } = await start('http')
    await using _running = running
    assert.deepEqual(listening, ['http'])
    assert.equal((await new WebClient(port).get('https://auth.test/.pomerium/')).status, 200)
  })

  it('serves the other services there with --only grpc, over HTTP/2 without TLS, and refuses strangers', async () => {
    const { running, port, listening } = await start('grpc')
    await using _running = running
    assert.deepEqual(listening, ['grpc'])
    const client = connect(`http://127.0.0.1:${String(port)}`)
    const request = client.request({
      ':method': 'POST',
      ':path': '/postern.authenticate.v1.Authenticate/RefreshSession',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    request.end(Buffer.from([0, 0, 0, 0, 0]))
    const [headers] = (await once(request, 'response')) as [Record<string, string>]
    assert.equal(headers[':status'], 200)
    assert.equal(Number(headers['grpc-status']), 16, 'unauthenticated')
    client.close()
  })
})
