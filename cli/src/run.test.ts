import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { dirname } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfig } from '@postern/shared/config/load-config.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import { fixed } from '@postern/shared/lifecycle/live.ts'
import type { RunningService } from '@postern/shared/lifecycle/running-service.ts'
import { createLogger } from '@postern/shared/log/json-logger.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import { startAll } from './run.ts'

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}

/** The identity provider is not there: nothing below signs anybody in. */
const text = `address: 127.0.0.1:0
insecure_server: true
authenticate_service_url: http://authenticate.localhost
idp_provider: oidc
idp_provider_url: http://127.0.0.1:1
idp_client_id: me
idp_client_secret: hush
routes:
- from: http://hello.localhost
  to: http://127.0.0.1:1
  allow_any_authenticated_user: true
`

function loaded(more = ''): LoadedConfig {
  const result = loadConfig({ file: { path: 'config.yaml', text: more + text }, env: {}, readFile: () => '' })
  assert.equal(result.kind, 'ok')
  return result.config
}

interface Answer {
  readonly status: number | undefined
  readonly location: string | undefined
}

function visit({ addresses }: RunningService, host: string, path: string): Promise<Answer> {
  const address = addresses['http']
  assert.ok(address?.kind === 'tcp')
  const headers = { host, accept: 'text/html', 'sec-fetch-mode': 'navigate', connection: 'close' }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const asked = request({ host: address.host, port: address.port, path, headers }, (response) => {
    response.resume()
    response.once('end', () => resolve({ status: response.statusCode, location: response.headers.location }))
  })
  asked.once('error', reject).end()
  return promise
}

describe('all three services in one process', () => {
  it('send a visitor to sign in, by a link that authenticate behind the same address accepts', async () => {
    await using running = await startAll(fixed(loaded()), { log: silent })
    const visited = await visit(running, 'hello.localhost', '/deep/link')
    assert.equal(visited.status, 302)
    const link = new URL(visited.location ?? '')
    assert.equal(link.host, 'authenticate.localhost')
    assert.equal(link.searchParams.get('pomerium_redirect_uri'), 'http://hello.localhost/deep/link')
    const followed = await visit(running, link.host, link.pathname + link.search)
    assert.equal(followed.status, 503) // the link is good; the identity provider does not answer
    const forged = await visit(running, link.host, `${link.pathname}${link.search}x`)
    assert.equal(forged.status, 400)
  })

  it('log as much as each of them is told', async () => {
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const config = loaded('log_level: error\nproxy_log_level: info\n')
    const log = createLogger({ service: 'postern', level: config.logLevel, format: 'json', destination })
    await using running = await startAll(fixed(config), { log })
    await visit(running, 'hello.localhost', '/')
    const messages = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      messages.map(({ component, message }) => [component, message]),
      [['proxy', 'http-request']],
    )
  })

  it('meet on sockets that nobody else can reach, and leave nothing behind', async () => {
    const running = await startAll(fixed(loaded()), { log: silent })
    const socket = running.addresses['authorize-grpc']
    assert.ok(socket?.kind === 'unix')
    const directory = dirname(socket.path)
    assert.equal(statSync(directory).mode & 0o777, 0o700)
    await running[Symbol.asyncDispose]()
    assert.equal(existsSync(directory), false)
  })

  it('leave nothing behind when one of them cannot start', async () => {
    await using first = await startAll(fixed(loaded()), { log: silent })
    const taken = first.addresses['http']
    assert.ok(taken !== undefined)
    const config = loaded()
    const same = {
      ...config,
      authorize: config.authorize,
      authenticate: config.authenticate,
      proxy: { ...config.proxy, listen: taken },
    }
    await assert.rejects(startAll(fixed(same), { log: silent }), { message: /is taken \(EADDRINUSE\)/ })
  })
})
