import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { holdsNoSecret, runDoctor, usualConfig } from '../../support/doctor.ts'
import { freePort, startRedis } from '../../support/redis-server.ts'
import { startServiceProcess } from '../../support/service-process.ts'

it('postern doctor finds authorize and authenticate serving, as the proxy and as authorize', async () => {
  await using redis = await startRedis()
  const directory = await mkdtemp(join(tmpdir(), 'postern-doctor-'))
  const [authorizePort, authenticatePort] = [await freePort(), await freePort()]
  const secret = randomBytes(32).toString('base64')
  const yaml = `${usualConfig}
shared_secret: ${secret}
cookie_secret: ${randomBytes(32).toString('base64')}
redis_url: ${redis.url()}
grpc_authentication: shared_secret
authorize_service_url: http://127.0.0.1:${String(authorizePort)}
authenticate_grpc_service_url: http://127.0.0.1:${String(authenticatePort)}
routes: []
`
  const file = join(directory, 'config.yaml')
  await writeFile(file, yaml)
  await using _authorize = await startServiceProcess('authorize', file, {
    GRPC_ADDRESS: `127.0.0.1:${String(authorizePort)}`,
  })
  await using _authenticate = await startServiceProcess('authenticate', file, {
    GRPC_ADDRESS: `127.0.0.1:${String(authenticatePort)}`,
  })
  const outcome = await runDoctor(yaml, '--json', '--only', 'services,redis')
  holdsNoSecret(outcome, secret)
  assert.equal(outcome.code, 0, outcome.lines.join('\n'))
  assert.deepEqual(
    outcome.lines.filter((line) => line.includes('→')),
    [
      `ok proxy → authorize at 127.0.0.1:${String(authorizePort)}: authorize answers, and is serving`,
      `ok proxy → authenticate at 127.0.0.1:${String(authenticatePort)}: authenticate answers, and is serving`,
      `ok authorize → authenticate at 127.0.0.1:${String(authenticatePort)}: authenticate answers, and is serving`,
    ],
  )
  await rm(directory, { recursive: true })
})
