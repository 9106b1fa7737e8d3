import { startChild, type Child } from './support/child.ts'
import { cpuTimeMs, residentMiB } from './support/cpu-time.ts'
import { describeMachine } from './support/machine.ts'
import { startBenchedPostern } from './support/postern.ts'

/**
 * CPU time per authorised request (HTTP/1.1 keep-alive, small body), as a ratio to a bare undici forwarder in the same run.
 * Budgets: docs/ARCHITECTURE.md. usage: node bench/request-cost.ts [SECONDS]
 */
const seconds = Number(process.argv[2] ?? '3')
const rounds = 5
const warmUpSeconds = 6
const here = (file: string): URL => new URL(`support/${file}`, import.meta.url)

await using cleanup = new AsyncDisposableStack()
const postern = cleanup.use(
  await startBenchedPostern({
    plain: '',
    full: `    pass_identity_headers: true
    enable_google_cloud_serverless_authentication: true
    google_cloud_serverless_authentication_audience: https://bench-abcdef-uc.a.run.app`,
  }),
)
const { proxy, authorize, bare, barePort, proxyPort } = postern

interface Subject {
  readonly name: string
  readonly load: Child
  readonly pids: Readonly<Record<string, number>>
  /** Of each round: microseconds per request, by process. */
  readonly costs: Readonly<Record<string, number>>[]
}

const posternPids = { proxy: proxy.pid, authorize: authorize.pid, redis: postern.redisPid }
const subjects = [
  await subject('bare undici forwarder', barePort, 'plain', { bare: bare.pid }),
  await subject('postern', proxyPort, 'plain', posternPids),
  await subject('postern, assertion and token', proxyPort, 'full', posternPids),
]
// Long enough for the compiler to be done: what it does on its own threads would count, too.
for (const one of subjects) await one.load.ask({ seconds: warmUpSeconds })
for (let round = 0; round < rounds; round += 1) for (const one of subjects) one.costs.push(await measure(one))
report()

async function subject(name: string, port: number, route: string, pids: Subject['pids']): Promise<Subject> {
  const { cookie } = await postern.signIn(route)
  const args = [`http://127.0.0.1:${String(port)}`, postern.hostOf(route), cookie]
  return { name, load: cleanup.use(startChild(here('load-process.ts'), args)), pids, costs: [] }
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
  // Each round against its own yardstick: what else the machine does changes from minute to minute.
  const ratio = (one: Subject, to: Subject | undefined): number =>
    median(one.costs.map((round, index) => sum(round) / sum(to?.costs[index] ?? {})))
  console.log(
    `${describeMachine()}\nCPU per request, median of ${String(rounds)} × ${String(seconds)} s, 32 connections\n`,
  )
  for (const one of subjects) {
    const cost = costOf(one)
    const ofLineAbove = one === subjects[2] ? `   ${ratio(one, subjects[1]).toFixed(2)} × the line above` : ''
    const parts = Object.keys(one.pids).map((name) => `${name} ${costOf(one, [name]).toFixed(0)}`)
    console.log(
      `${one.name.padEnd(32)}${cost.toFixed(0).padStart(6)} µs   ${ratio(one, subjects[0]).toFixed(2)} ×   ${parts.join(' + ')}${ofLineAbove}`,
    )
  }
  console.log(
    `\nmemory: proxy ${residentMiB(proxy.pid).toFixed(0)} MiB, authorize ${residentMiB(authorize.pid).toFixed(0)} MiB`,
  )
}

function sum(costs: Readonly<Record<string, number>>): number {
  return Object.values(costs).reduce((total, one) => total + one, 0)
}
