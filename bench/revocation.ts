import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { describeMachine } from './support/machine.ts'
import { startBenchedPostern } from './support/postern.ts'

/**
 * From the end of a session in Redis to the first request with its cookie that is refused, while authorize holds a copy of
 * that session. Budget: 100 ms. usage: node bench/revocation.ts [ROUNDS]
 */
const rounds = Number(process.argv[2] ?? '20')
const giveUpMs = 5_000

await using postern = await startBenchedPostern({ plain: '' })
const pool = new Pool(`http://127.0.0.1:${String(postern.proxyPort)}`, { connections: 1 })
const millis: number[] = []
for (let round = 0; round < rounds; round += 1) {
  const session = await postern.signIn('plain')
  const headers = { host: postern.hostOf('plain'), cookie: session.cookie, accept: 'application/json' }
  const ask = async (): Promise<number> => {
    const answer = await pool.request({ path: '/', method: 'GET', headers })
    await answer.body.dump()
    return answer.statusCode
  }
  for (let index = 0; index < 10; index += 1) if ((await ask()) !== 200) throw new Error('a living session was refused')
  await session.end()
  const endedAt = performance.now()
  while ((await ask()) === 200) {
    if (performance.now() - endedAt > giveUpMs) throw new Error('the session lived on')
    await delay(1)
  }
  millis.push(performance.now() - endedAt)
}
const sorted = millis.toSorted((a, b) => a - b)
console.log(`${describeMachine()}\n\nsession ended → refused, ${String(rounds)} times, the asking included:`)
console.log(`median ${(sorted[rounds >> 1] ?? NaN).toFixed(1)} ms, longest ${(sorted.at(-1) ?? NaN).toFixed(1)} ms`)
await pool.close()
