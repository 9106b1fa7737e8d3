import assert from 'node:assert/strict'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { metricTable } from '@postern/shared/metrics/metric-table.ts'
import { eventually } from '../../support/eventually.ts'
import { sendRaw } from '../../support/raw-client.ts'
import { freePort, startRedis } from '../../support/redis-server.ts'
import { startServiceProcess } from '../../support/service-process.ts'
import { configText, temporaryDirectory } from '../reload/files.ts'

const password = 'prometheus:hush'
const headers = { authorization: `Basic ${Buffer.from(password).toString('base64')}` }

/** The services of one process, started as an operator does it, and what Prometheus would read. */
async function startWithMetrics(command: 'run' | 'proxy' | 'authenticate', more = '') {
  await using opening = new AsyncDisposableStack()
  const directory = opening.use(await temporaryDirectory())
  const [port, metricsPort] = [await freePort(), await freePort()]
  const file = join(directory.path, 'config.yaml')
  const write = async (host: string, extra = more): Promise<void> => {
    await writeFile(`${file}.new`, configText(host, extra.replaceAll('FOLDER', directory.path)))
    await rename(`${file}.new`, file)
  }
  await write('app.example.com')
  const env = {
    ADDRESS: `127.0.0.1:${String(port)}`,
    METRICS_ADDRESS: `127.0.0.1:${String(metricsPort)}`,
    METRICS_BASIC_AUTH: Buffer.from(password).toString('base64'),
  }
  const service = opening.use(await startServiceProcess(command, file, env))
  const running = opening.move()
  const url = `http://127.0.0.1:${String(metricsPort)}/metrics`
  const read = async (): Promise<string> => (await fetch(url, { headers })).text()
  return {
    service,
    port,
    url,
    read,
    write,
    /** The value of one line; `undefined` where there is none. */
    async value(series: string): Promise<number | undefined> {
      const line = (await read()).split('\n').find((each) => each.startsWith(`${series} `))
      return line === undefined ? undefined : Number(line.slice(series.length))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

const apart = `authorize_service_url: unix://FOLDER/nowhere
authenticate_grpc_service_url: unix://FOLDER/nowhere
grpc_address: unix://FOLDER/nowhere
redis_url: redis://127.0.0.1:1
shared_secret: f3T0nYH6wqBQ4mUe0J9cXyJr1dOq7kR2l8h0uV5sZpE=
cookie_secret: Zt1uJ0l3cVgq8yR5oXw2mS7bK9dH4nF6pEaQzTiUvBs=
`

describe('three services in one process', () => {
  it('count together, on one listener, behind its password, and not on the public one', async () => {
    await using process = await startWithMetrics('run')
    assert.equal((await fetch(process.url)).status, 401)
    await sendRaw(process.port, 'GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n')
    const labels = 'route="app.example.com",status_class="3xx",decision="sign-in"'
    await eventually('the request is counted', 2_000, async () => /decision="sign-in"\} 1\n/.test(await process.read()))
    const text = await process.read()
    assert.doesNotMatch(text, new RegExp(labels), 'a route without a name has its id, not its host')
    assert.match(text, /^postern_authorize_decisions_total\{outcome="sign-in"\} 1$/m)
    assert.match(text, /^postern_authenticate_refresh_grace_active 0$/m)
    assert.match(text, /^postern_build_info\{program="postern",version="[\d.]+",node_version="v\d+[\d.]+"\} 1$/m)
    assert.match(text, /^postern_config_routes 1$/m)
    const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    assert.equal(new Set(types).size, types.length, 'each metric once, those of the process too')
    assert.ok(types.includes('process_cpu_seconds_total'))
    const own = types.filter((name) => name?.startsWith('postern_'))
    assert.deepEqual(
      own.filter((name) => name === undefined || !Object.hasOwn(metricTable, name)),
      [],
    )
    const onPublic = await sendRaw(process.port, 'GET /metrics HTTP/1.1\r\nHost: elsewhere.example.com\r\n\r\n')
    assert.equal(onPublic.status, 404)
    const asRoute = await sendRaw(process.port, 'GET /metrics HTTP/1.1\r\nHost: app.example.com\r\n\r\n')
    assert.equal(asRoute.status, 302)
  })

  it('say for each service that Redis is down when it was killed, and up when it is back (security case REL-A1)', async () => {
    await using first = await startRedis()
    const secrets = apart.slice(apart.indexOf('shared_secret'))
    await using process = await startWithMetrics('run', `redis_url: ${first.url()}\n${secrets}`)
    const ups = async (): Promise<string> =>
      (await process.read())
        .split('\n')
        .filter((line) => line.startsWith('postern_redis_up{'))
        .map((line) => line.replace(/^.*service="(\w+)",connection="(\w+)"\} /, '$1 $2 '))
        .toSorted()
        .join()
    const all = (up: 0 | 1): string =>
      ['authenticate reads', 'authenticate writes', 'authorize invalidation', 'authorize reads']
        .map((connection) => `${connection} ${String(up)}`)
        .join()
    await eventually('all are up', 3_000, async () => (await ups()) === all(1))
    assert.equal(await process.value('postern_authorize_invalidation_channel_up'), 1)
    await first.kill()
    await eventually('all are down', 3_000, async () => (await ups()) === all(0))
    assert.equal(await process.value('postern_authorize_invalidation_channel_up'), 0)
    await using _second = await startRedis({ port: first.port })
    await eventually('all are up again', 5_000, async () => (await ups()) === all(1))
  })
})

describe('a service on its own', () => {
  for (const command of ['proxy', 'authenticate'] as const) {
    it(`tells of ${command}, and of no other`, async () => {
      await using process = await startWithMetrics(command, apart)
      const names = [...(await process.read()).matchAll(/^# TYPE postern_(proxy|authorize|authenticate)_/gm)]
      assert.deepEqual([...new Set(names.map(([, service]) => service))], [command])
    })
  }

  it('says that a changed configuration was refused, and that a mended one was taken over (security case REL-N1)', async () => {
    await using process = await startWithMetrics('proxy', apart)
    const states = async () => [
      await process.value('postern_config_last_reload_success'),
      await process.value('postern_config_reloads_total{result="success"}'),
      await process.value('postern_config_reloads_total{result="failure"}'),
    ]
    const revision = async () => /postern_config_info\{revision="(\w+)"\} 1/.exec(await process.read())?.[1]
    const [since, before] = [
      await process.value('postern_config_last_reload_success_timestamp_seconds'),
      await revision(),
    ]
    assert.deepEqual(await states(), [1, 0, 0])

    await process.write('app.example.com', `${apart}no_such_key: 1\n`)
    await eventually('it is refused', 5_000, async () => (await states())[0] === 0)
    assert.deepEqual([await states(), await revision()], [[0, 0, 1], before])

    await process.write('other.example.com')
    await eventually('it is taken over', 5_000, async () => (await states())[0] === 1)
    assert.deepEqual(await states(), [1, 1, 1])
    assert.notEqual(await revision(), before)
    assert.ok(Number(await process.value('postern_config_last_reload_success_timestamp_seconds')) > Number(since))
  })
})
