// REL-N2, REL-N3: reloads while requests and WebSockets are under way, and a thousand of them in a row.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { Agent, createServer, request } from 'node:http'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { WebSocket, WebSocketServer } from 'ws'
import { startAll } from '@postern/cli/run.ts'
import { listen } from '@postern/shared/http/listen.ts'
import type { RunningService } from '@postern/shared/lifecycle/running-service.ts'
import { eventually } from '../../support/eventually.ts'
import { temporaryDirectory, watchConfig, type WatchedConfig } from './files.ts'

interface Site extends AsyncDisposable {
  readonly watched: WatchedConfig
  readonly running: RunningService
  readonly port: number
  /** Replaces the file as an editor does; a new header of the responses tells which one is in force. */
  publish(version: number, routes?: readonly string[]): Promise<void>
}

/** All three services over a watched file, in front of an application that greets and echoes. */
async function startSite(): Promise<Site> {
  await using starting = new AsyncDisposableStack()
  const directory = starting.use(await temporaryDirectory())
  const application = await startApplication(starting)
  const path = join(directory.path, 'config.yaml')
  const text = (version: number, routes: readonly string[]): string =>
    [
      'authenticate_service_url: http://authn.localhost',
      'insecure_server: true',
      'address: 127.0.0.1:0',
      'idp_provider: oidc',
      'idp_provider_url: http://127.0.0.1:1',
      'idp_client_id: me',
      'routes:',
      ...routes.map(
        (host) =>
          `- {from: http://${host}.localhost, to: ${application}, allow_websockets: true, allow_public_unauthenticated_access: true, set_response_headers: {X-Version: "${String(version)}"}}`,
      ),
      '',
    ].join('\n')
  const publish = async (version: number, routes: readonly string[] = ['stays', 'goes']): Promise<void> => {
    await writeFile(`${path}.next`, text(version, routes))
    await rename(`${path}.next`, path)
  }
  await publish(0)
  const watched = starting.use(await watchConfig(path))
  const running = starting.use(await startAll(watched.config, { log: watched.log }))
  const http = running.addresses['http']
  assert.ok(http?.kind === 'tcp')
  const stack = starting.move()
  return { watched, running, port: http.port, publish, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function startApplication(stack: AsyncDisposableStack): Promise<string> {
  const server: Server = createServer((_request, response) => response.end('hello'))
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
  const address = await listen(server, { kind: 'tcp', host: '127.0.0.1', port: 0 })
  stack.defer(() => {
    for (const client of sockets.clients) client.terminate()
    server.closeAllConnections()
    server.close()
  })
  assert.ok(address.kind === 'tcp')
  return `http://127.0.0.1:${String(address.port)}`
}

interface Answer {
  readonly status: number | undefined
  readonly version: string
}

function openAgent(maxSockets: number): Agent & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets })
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() })
}

function visit(port: number, agent: Agent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const asked = request({ host: '127.0.0.1', port, agent, headers: { host: 'stays.localhost' } }, (response) => {
    response.resume()
    response.once('error', reject)
    response.once('end', () => resolve({ status: response.statusCode, version: String(response.headers['x-version']) }))
  })
  asked.once('error', reject).end()
  return promise
}

function openSocket(port: number, host: string): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>()
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`, { headers: { host: `${host}.localhost` } })
  socket.once('open', () => resolve(socket)).once('error', reject)
  return promise
}

function echoOf(socket: WebSocket, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  socket.once('message', (data: Buffer) => resolve(data.toString()))
  socket.send(text)
  return promise
}

describe('under five hundred requests a second, reloads', () => {
  it('fail no request, and leave the WebSockets of routes that stay', { timeout: 60_000 }, async () => {
    await using site = await startSite()
    using agent = openAgent(32)
    const staying = await Promise.all(Array.from({ length: 20 }, () => openSocket(site.port, 'stays')))
    const going = await openSocket(site.port, 'goes')
    const visits: Promise<Answer>[] = []
    const load = setInterval(() => {
      for (let n = 0; n < 10; n++) visits.push(visit(site.port, agent))
    }, 20)
    for (let version = 1; version <= 20; version++) {
      await site.publish(version)
      await sleep(100)
    }
    await site.publish(99, ['stays'])
    await eventually('the last version is in force', 5000, async () => (await visit(site.port, agent)).version === '99')
    clearInterval(load)
    const answers = await Promise.all(visits)
    assert.deepEqual(
      answers.filter(({ status }) => status !== 200),
      [],
    )
    assert.ok(new Set(answers.map(({ version }) => version)).size >= 5, 'the versions follow each other under load')
    for (const socket of staying) assert.equal(await echoOf(socket, 'still here'), 'still here')
    await eventually('the removed route’s socket is closed', 5000, () => going.readyState === WebSocket.CLOSED)
    for (const socket of staying) socket.terminate()
  })
})

describe('a thousand reloads', () => {
  it('leave no more open files, timers or memory than ten', { timeout: 120_000 }, async () => {
    await using site = await startSite()
    using agent = openAgent(4)
    const reload = async (version: number): Promise<void> => {
      await site.publish(version)
      assert.ok(await site.watched.config.reload())
    }
    for (let version = 1; version <= 10; version++) await reload(version)
    await visit(site.port, agent)
    const before = await measure()
    for (let version = 11; version <= 1010; version++) await reload(version)
    assert.equal((await visit(site.port, agent)).version, '1010')
    site.watched.log.lines.length = 0 // the recording logger keeps everything; a real one does not
    const after = await measure()
    assert.equal(after.files, before.files)
    assert.ok(after.handles <= before.handles + 2, `${String(before.handles)} handles, then ${String(after.handles)}`)
    assert.ok(
      after.resources <= before.resources + 2,
      `${String(before.resources)} resources, then ${String(after.resources)}`,
    )
    assert.ok(after.heapMb <= before.heapMb + 8, `${String(before.heapMb)} MB, then ${String(after.heapMb)}`)
  })
})

interface Measured {
  readonly files: number
  /** Of the event loop: those too that do not keep it alive, such as watches of files. */
  readonly handles: number
  readonly resources: number
  readonly heapMb: number
}

async function measure(): Promise<Measured> {
  await sleep(300) // what was closed is gone
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  await sleep(20)
  collect()
  return {
    files: readdirSync('/proc/self/fd').length,
    handles: handlesOf(process.report.getReport()),
    resources: process.getActiveResourcesInfo().length,
    heapMb: Math.round(process.memoryUsage().heapUsed / 1_048_576),
  }
}

function handlesOf(report: object): number {
  return 'libuv' in report && Array.isArray(report.libuv)
    ? report.libuv.length
    : assert.fail('no handles in the report')
}
