// CACHE-01: what a reload takes away is gone for the next request, on connections that are open already too.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startAll } from '@postern/cli/run.ts'
import { Recorder } from '../../support/recorder.ts'
import { temporaryDirectory, watchConfig } from './files.ts'

describe('a policy that a reload takes away', () => {
  it('lets nobody in any more within a second, not even on a connection that is open', async () => {
    await using directory = await temporaryDirectory()
    await using upstream = await Recorder.start()
    const path = join(directory.path, 'config.yaml')
    const text = (access: string): string => `authenticate_service_url: http://authn.localhost
insecure_server: true
address: 127.0.0.1:0
idp_provider: oidc
idp_provider_url: http://127.0.0.1:1
idp_client_id: me
routes:
- {from: http://app.localhost, to: "${upstream.url.href}", ${access}}
`
    await writeFile(path, text('allow_public_unauthenticated_access: true'))
    using watched = await watchConfig(path, { quietMs: 150 })
    await using running = await startAll(watched.config, { log: watched.log })
    const { http } = running.addresses
    assert.ok(http?.kind === 'tcp')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number | undefined>()
    const visit = (): Promise<number | undefined> => {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
      const asked = request(
        { host: http.host, port: http.port, agent, headers: { host: 'app.localhost', accept: 'application/json' } },
        (answer) => {
          ports.add(answer.socket.localPort)
          answer.resume().once('end', () => resolve(answer.statusCode))
        },
      )
      asked.once('error', reject).end()
      return promise
    }
    assert.equal(await visit(), 200)
    await writeFile(path, text('allowed_users: [nobody@example.com]'))
    const since = performance.now()
    for (let status: number | undefined = 200; status === 200;) {
      status = await visit()
      if (status !== 200) assert.equal(status, 401)
      assert.ok(performance.now() - since < 1000, 'the old policy is over within a second')
    }
    const before = upstream.requests.length
    assert.equal(await visit(), 401)
    assert.equal(upstream.requests.length, before)
    assert.equal(ports.size, 1, 'all over one connection')
    agent.destroy()
  })
})
