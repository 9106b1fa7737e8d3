import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { anyPorts } from '@postern/dev/ports.ts'
import { startRedis } from '../test/support/redis-server.ts'
import { startAsImage } from './support/as-image.ts'
import { residentMiB } from './support/cpu-time.ts'
import { describeMachine } from './support/machine.ts'
import { serviceSettings } from './support/service-settings.ts'

/**
 * From starting a service's process to its line that it started, and its memory at rest five seconds later. Budgets:
 * 600 ms and 90 MiB each. The identity provider is away, which no service waits for. usage: node bench/start-up.ts [ROUNDS]
 */
const rounds = Number(process.argv[2] ?? '5')
const restMs = 5_000

await using cleanup = new AsyncDisposableStack()
const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'))
cleanup.defer(() => rm(directory, { recursive: true, force: true }))
const redis = cleanup.use(await startRedis())
const ports = await anyPorts()
const configFile = join(directory, 'config.yaml')
await writeFile(configFile, configuration())
const secret = (): string => randomBytes(32).toString('base64')
// As in the image: the compiled code of an earlier start is kept.
const NODE_COMPILE_CACHE = join(directory, 'compile-cache')
const environment = { SHARED_SECRET: secret(), COOKIE_SECRET: secret(), NODE_COMPILE_CACHE }

console.log(`${describeMachine()}\nmedian (lowest) of ${String(rounds)}\n`)
for (const service of ['authorize', 'authenticate', 'proxy'] as const) {
  const startMs: number[] = []
  const restMiB: number[] = []
  await (await startAsImage(service, configFile, environment)).stop()
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now()
    const running = await startAsImage(service, configFile, environment)
    startMs.push(performance.now() - startedAt)
    await delay(restMs)
    restMiB.push(residentMiB(running.pid))
    await running.stop()
  }
  console.log(`${service.padEnd(14)} start ${summary(startMs)} ms   memory at rest ${summary(restMiB)} MiB`)
}

function summary(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  return `${(sorted[sorted.length >> 1] ?? NaN).toFixed(0)} (${(sorted[0] ?? NaN).toFixed(0)})`
}

function configuration(): string {
  return `${serviceSettings(ports, redis.url())}routes:
  - from: http://hello.localhost:${String(ports.proxy)}
    to: http://127.0.0.1:1
    policy: [{ allow: { and: [{ domain: { is: example.com } }] } }]
`
}
