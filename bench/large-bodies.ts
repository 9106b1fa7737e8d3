import { startChild } from './support/child.ts'
import { cpuTimeMs, residentMiB } from './support/cpu-time.ts'
import { describeMachine } from './support/machine.ts'
import { startBenchedPostern } from './support/postern.ts'

/**
 * One body of 1 GiB down and up, through the bare forwarder and through the proxy in turns: throughput, CPU time, and the
 * proxy's memory meanwhile. Budgets: 0.8 × the bare forwarder, memory flat. usage: node bench/large-bodies.ts [GIB] [ROUNDS]
 */
const bytes = Number(process.argv[2] ?? '1') * 2 ** 30
const rounds = Number(process.argv[3] ?? '3')
const samples = 12

await using postern = await startBenchedPostern({ bodies: '    timeout: 0s' })
const host = postern.hostOf('bodies')
const { cookie } = await postern.signIn('bodies')
const script = new URL('support/transfer-process.ts', import.meta.url)
const subjects = [
  { name: 'bare undici forwarder', port: postern.barePort, pid: postern.bare.pid },
  { name: 'postern', port: postern.proxyPort, pid: postern.proxy.pid },
] as const

console.log(`${describeMachine()}\n${(bytes / 2 ** 30).toFixed(1)} GiB, median of ${String(rounds)}\n`)
for (const direction of ['down', 'up'] as const) {
  const rates = subjects.map((): number[] => [])
  const costs = subjects.map((): number[] => [])
  const curves: number[][] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { port, pid }] of subjects.entries()) {
      await using client = startChild(script, [String(port), host, cookie])
      await client.next()
      const curve: number[] = []
      const sampling = setInterval(() => curve.push(residentMiB(pid)), 100)
      const cpuBefore = cpuTimeMs(pid)
      const { ms } = await client.ask<{ ms: number }>({ direction, bytes })
      clearInterval(sampling)
      rates[index]?.push(bytes / 2 ** 20 / (ms / 1000))
      costs[index]?.push(cpuTimeMs(pid) - cpuBefore)
      if (index === 1) curves.push(curve)
    }
  }
  const median = (values: readonly number[] = []): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
  for (const [index, { name }] of subjects.entries()) {
    const share = median(rates[1]?.map((rate, round) => rate / (rates[0]?.[round] ?? NaN)))
    console.log(
      `${direction.padEnd(5)}${name.padEnd(24)}${median(rates[index]).toFixed(0).padStart(6)} MiB/s   ` +
        `CPU ${median(costs[index]).toFixed(0).padStart(5)} ms${index === 1 ? `   ${share.toFixed(2)} × the bare forwarder` : ''}`,
    )
  }
  console.log(`     memory of the proxy, MiB: ${thinned(curves.at(-1) ?? []).join(' ')}\n`)
}

function thinned(curve: readonly number[]): readonly string[] {
  const step = Math.max(1, curve.length / samples)
  return Array.from({ length: Math.min(samples, curve.length) }, (_, index) =>
    (curve[Math.floor(index * step)] ?? NaN).toFixed(0),
  )
}
