import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMetadataServer } from '@postern/dev/metadata-server.ts'
import { anyPorts } from '@postern/dev/ports.ts'
import { startRedis } from '../test/support/redis-server.ts'
import { startServiceProcess } from '../test/support/service-process.ts'
import { startChild, type Child } from './support/child.ts'
import { cpuTimeMs, residentMiB } from './support/cpu-time.ts'
import { describeMachine } from './support/machine.ts'
import { newSignedInCookie } from './support/signed-in.ts'
import { serviceSettings } from './support/service-settings.ts'

/**
 * CPU time per authorised request (HTTP/1.1 keep-alive, small body), as a ratio to a bare undici forwarder in the same run.
 * Budgets: docs/ARCHITECTURE.md. usage: node bench/request-cost.ts [SECONDS]
 */
const seconds = Number(process.argv[2] ?? '3')
const rounds = 5
const warmUpSeconds = 6
const here = (file: string): URL => new URL(`support/${file}`, import.meta.url)
const sharedSecret = randomBytes(32).toString('base64')

await using cleanup = new AsyncDisposableStack()
const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'))
cleanup.defer(() => rm(directory, { recursive: true, force: true }))
const portOf = async (child: Child): Promise<number> => (await child.next<{ port: number }>()).port

const upstream = cleanup.use(startChild(here('upstream-process.ts')))
const upstreamUrl = `http://127.0.0.1:${String(await portOf(upstream))}`
const bare = cleanup.use(startChild(here('bare-forwarder-process.ts'), [upstreamUrl]))
const barePort = await portOf(bare)
const redis = cleanup.use(await startRedis())
const metadata = cleanup.use(await startMetadataServer())
const ports = await anyPorts()
const configFile = join(directory, 'config.yaml')
await writeFile(configFile, configuration())
const environment = { SHARED_SECRET: sharedSecret, GCE_METADATA_HOST: metadata.host }
const authorize = cleanup.use(await startServiceProcess('authorize', configFile, environment))
const proxy = cleanup.use(await startServiceProcess('proxy', configFile, environment))

interface Subject {
  readonly name: string
  readonly load: Child
  readonly pids: Readonly<Record<string, number>>
  /** Of each round: microseconds per request, by process. */
  readonly costs: Readonly<Record<string, number>>[]
}

const posternPids = { proxy: proxy.pid, authorize: authorize.pid, redis: redis.pid }
const subjects = [
  await subject('bare undici forwarder', barePort, 'bare.localhost', { bare: bare.pid }),
  await subject('postern', ports.proxy, `plain.localhost:${String(ports.proxy)}`, posternPids),
  await subject('postern, assertion and token', ports.proxy, `full.localhost:${String(ports.proxy)}`, posternPids),
]
// Long enough for the compiler to be done: what it does on its own threads would count, too.
for (const one of subjects) await one.load.ask({ seconds: warmUpSeconds })
for (let round = 0; round < rounds; round += 1) for (const one of subjects) one.costs.push(await measure(one))
report()

async function subject(name: string, port: number, host: string, pids: Subject['pids']): Promise<Subject> {
  const cookie = await newSignedInCookie({
    redisUrl: redis.url(),
    sharedSecret,
    host,
    authenticateHost: `authenticate.localhost:${String(ports.proxy)}`,
  })
  const load = cleanup.use(startChild(here('load-process.ts'), [`http://127.0.0.1:${String(port)}`, host, cookie]))
  return { name, load, pids, costs: [] }
}

/** Microseconds of CPU per request, by process. */
async function measure({ load, pids }: Subject): Promise<Readonly<Record<string, number>>> {
  const used = (): Record<string, number> =>
    Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuTimeMs(pid)]))
  const before = used()
  const { requests } = await load.ask<{ requests: number }>({ seconds })
  return Object.fromEntries(
    Object.entries(used()).map(([name, ms]) => [name, ((ms - (before[name] ?? 0)) * 1000) / requests]),
  )
}

function report(): void {
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
  const costOf = ({ costs, pids }: Subject, names = Object.keys(pids)): number =>
    median(costs.map((round) => names.reduce((sum, name) => sum + (round[name] ?? 0), 0)))
  const [bareSubject] = subjects
  const yardstick = bareSubject === undefined ? NaN : costOf(bareSubject)
  console.log(
    `${describeMachine()}\nCPU per request, median of ${String(rounds)} × ${String(seconds)} s, 32 connections\n`,
  )
  for (const one of subjects) {
    const cost = costOf(one)
    const parts = Object.keys(one.pids).map((name) => `${name} ${costOf(one, [name]).toFixed(0)}`)
    console.log(
      `${one.name.padEnd(32)}${cost.toFixed(0).padStart(6)} µs   ${(cost / yardstick).toFixed(2)} ×   ${parts.join(' + ')}`,
    )
  }
  console.log(
    `\nmemory: proxy ${residentMiB(proxy.pid).toFixed(0)} MiB, authorize ${residentMiB(authorize.pid).toFixed(0)} MiB`,
  )
}

function configuration(): string {
  const route = (name: string, extra: string): string => `
  - from: http://${name}.localhost:${String(ports.proxy)}
    to: ${upstreamUrl}
    policy: [{ allow: { and: [{ domain: { is: example.com } }] } }]${extra}`
  return `${serviceSettings(ports, redis.url())}routes:${route('plain', '')}${route(
    'full',
    `
    pass_identity_headers: true
    enable_google_cloud_serverless_authentication: true
    google_cloud_serverless_authentication_audience: https://bench-abcdef-uc.a.run.app`,
  )}
`
}
