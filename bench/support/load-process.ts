import { Pool } from 'undici'

// usage: load-process.ts ORIGIN HOST COOKIE CONNECTIONS; each message {seconds} is one run
const [, , origin = '', host = '', cookie = '', connections = '32'] = process.argv
const pool = new Pool(origin, { connections: Number(connections) })

async function client(untilMs: number): Promise<number> {
  let count = 0
  while (performance.now() < untilMs) {
    const answer = await pool.request({
      path: '/bench',
      method: 'GET',
      headers: { host, cookie, accept: 'application/json' },
    })
    await answer.body.dump()
    if (answer.statusCode !== 200) throw new Error(`answered ${String(answer.statusCode)}`)
    count += 1
  }
  return count
}

process.on('message', ({ seconds }: { seconds: number }) => {
  const untilMs = performance.now() + seconds * 1000
  void Promise.all(Array.from({ length: Number(connections) }, () => client(untilMs))).then((counts) =>
    process.send?.({ requests: counts.reduce((sum, one) => sum + one, 0) }),
  )
})
