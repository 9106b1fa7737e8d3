import { startChild, type Child } from './support/child.ts'
import { describeMachine } from './support/machine.ts'
import { startBenchedPostern } from './support/postern.ts'

/**
 * What a request waits for longer than behind the bare forwarder: one request at a time over a kept connection, the two in
 * turns. No budget; it says what people feel. usage: node bench/latency.ts [REQUESTS]
 */
const requests = Number(process.argv[2] ?? '2000')
const rounds = 5

await using postern = await startBenchedPostern({ plain: '' })
const { cookie } = await postern.signIn('plain')
const script = new URL('support/latency-process.ts', import.meta.url)
const client = (port: number): Child =>
  startChild(script, [`http://127.0.0.1:${String(port)}`, postern.hostOf('plain'), cookie])
await using bare = client(postern.barePort)
await using proxied = client(postern.proxyPort)
const times: Record<'bare' | 'proxied', number[]> = { bare: [], proxied: [] }
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, child] of Object.entries({ bare, proxied })) {
    const { millis } = await child.ask<{ millis: number[] }>({ requests })
    if (round > 0) times[name === 'bare' ? 'bare' : 'proxied'].push(...millis) // the first one warms up
  }
}

console.log(`${describeMachine()}\n${String(rounds)} × ${String(requests)} requests, one at a time\n`)
console.log(`${''.padEnd(24)}${'p50 ms'.padStart(10)}${'p99 ms'.padStart(10)}`)
const row = (name: string, values: readonly (string | number)[]): void => {
  const cells = values.map((value) => Number(value).toFixed(2).padStart(10))
  console.log(`${name.padEnd(24)}${cells.join('')}`)
}
const quantiles = (values: readonly number[]): readonly number[] => {
  const sorted = values.toSorted((a, b) => a - b)
  return [0.5, 0.99].map((share) => sorted[Math.floor(sorted.length * share)] ?? NaN)
}
const [bareQuantiles, proxiedQuantiles] = [quantiles(times.bare), quantiles(times.proxied)]
row('bare undici forwarder', bareQuantiles)
row('postern', proxiedQuantiles)
row(
  'added',
  proxiedQuantiles.map((value, index) => value - (bareQuantiles[index] ?? NaN)),
)
