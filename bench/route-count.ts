/**
 * Whether a request pays for routes that are not its own. `node bench/route-count.ts`. Ten routes against ten thousand,
 * in turns in one process; the budget is 1.1 for a whole request. Prints the machine, the time to find a route alone and
 * the CPU time of proxy, client and upstream together per request, as the median of the rounds.
 */
import { createServer, request as send, Agent } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stdout } from 'node:process'
import type { PathMatch, ProxyRoute } from '@postern/shared/config/model.ts'
import { RouteTable } from '@postern/proxy/routes/route-table.ts'
import { aRoute, startProxyUnderTest } from '../test/support/proxy-under-test.ts'
import { allow } from '../test/support/fake-checker.ts'
import { describeMachine } from './support/machine.ts'

const rounds = 15
const requestsPerRound = 400
const inFlight = 8
const findsPerRound = 20_000

const upstream = createServer((_request, response) => response.end('ok'))
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const upstreamUrl = new URL(`http://127.0.0.1:${String((upstream.address() as AddressInfo).port)}`)

interface Shape {
  readonly title: string
  readonly make: (index: number) => { readonly host: string; readonly pathMatch?: PathMatch }
  /** A request for the last route. */
  readonly ask: (last: number) => { readonly host: string; readonly path: string }
}

const shapes: readonly Shape[] = [
  {
    title: 'one host each',
    make: (index) => ({ host: `app-${index}.test` }),
    ask: (last) => ({ host: `app-${last}.test`, path: '/' }),
  },
  {
    title: 'one wildcard each',
    make: (index) => ({ host: `*.team-${index}.test` }),
    ask: (last) => ({ host: `a.team-${last}.test`, path: '/' }),
  },
  {
    title: 'prefixes of one host',
    make: (index) => ({ host: 'app.test', pathMatch: { kind: 'prefix', prefix: `/app-${index}/` } }),
    ask: (last) => ({ host: 'app.test', path: `/app-${last}/x` }),
  },
  {
    title: 'expressions of one host',
    make: (index) => ({ host: 'app.test', pathMatch: { kind: 'regex', regex: `^/app-${index}/[a-z]+$` } }),
    ask: (last) => ({ host: 'app.test', path: `/app-${last}/x` }),
  },
]

function routesOf({ make }: Shape, count: number): ProxyRoute[] {
  return Array.from({ length: count }, (_, index) => {
    const { host, pathMatch = { kind: 'any' } } = make(index)
    return aRoute(host, upstreamUrl, { id: String(index), pathMatch })
  })
}

/** Microseconds to find the last of some routes. */
function timeFinding(shape: Shape, count: number): () => number {
  const table = new RouteTable(routesOf(shape, count))
  const { host, path } = shape.ask(count - 1)
  return () => {
    const startedAt = performance.now()
    for (let found = 0; found < findsPerRound; found += 1) {
      if (table.find({ host, name: host, port: undefined }, path) === undefined) throw new Error('no route')
    }
    return ((performance.now() - startedAt) * 1000) / findsPerRound
  }
}

async function openRequests(shape: Shape, count: number) {
  const proxy = await startProxyUnderTest({
    routes: routesOf(shape, count),
    decide: () => allow(),
    config: { logLevel: 'off' },
  })
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight })
  const { host, path } = shape.ask(count - 1)
  const once = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = send({ agent, port: proxy.port, path, headers: { host } }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${String(response.statusCode)}`))
        response.resume().once('end', resolve)
      })
      request.once('error', reject).end()
    })
  /** Microseconds of CPU per request. */
  const round = async (): Promise<number> => {
    const before = process.cpuUsage()
    const worker = async (): Promise<void> => {
      for (let sent = 0; sent < requestsPerRound / inFlight; sent += 1) await once()
    }
    await Promise.all(Array.from({ length: inFlight }, worker))
    const { user, system } = process.cpuUsage(before)
    return (user + system) / requestsPerRound
  }
  const close = async (): Promise<void> => {
    agent.destroy()
    await proxy[Symbol.asyncDispose]()
  }
  return { round, close }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
}

stdout.write(`${describeMachine()}\n\n`)
stdout.write('shape                      find 10   find 10k   request 10   request 10k   ratio\n')
for (const shape of shapes) {
  const finds = [timeFinding(shape, 10), timeFinding(shape, 10_000)] as const
  const few = await openRequests(shape, 10)
  const many = await openRequests(shape, 10_000)
  await few.round()
  await many.round()
  const samples: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let round = 0; round < rounds; round += 1) {
    samples[0].push(finds[0]())
    samples[1].push(finds[1]())
    samples[2].push(await few.round())
    samples[3].push(await many.round())
  }
  await few.close()
  await many.close()
  const [find10 = 0, find10k = 0, request10 = 0, request10k = 0] = samples.map(median)
  const columns = [
    shape.title.padEnd(24),
    `${find10.toFixed(2)} µs`.padStart(9),
    `${find10k.toFixed(2)} µs`.padStart(10),
    `${request10.toFixed(0)} µs`.padStart(12),
    `${request10k.toFixed(0)} µs`.padStart(13),
    (request10k / request10).toFixed(2).padStart(7),
  ]
  stdout.write(`${columns.join(' ')}\n`)
}
upstream.close()
upstream.closeAllConnections()
