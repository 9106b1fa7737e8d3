import { Pool } from 'undici'

// usage: latency-process.ts ORIGIN HOST COOKIE; each message {requests} is one run, answered with the time of each
const [, , origin = '', host = '', cookie = ''] = process.argv
const pool = new Pool(origin, { connections: 1 })

async function run(requests: number): Promise<readonly number[]> {
  const millis: number[] = []
  for (let index = 0; index < requests; index += 1) {
    const startedAt = performance.now()
    const answer = await pool.request({ path: '/bench', method: 'GET', headers: { host, cookie } })
    await answer.body.dump()
    if (answer.statusCode !== 200) throw new Error(`answered ${String(answer.statusCode)}`)
    millis.push(performance.now() - startedAt)
  }
  return millis
}

process.on('message', ({ requests }: { requests: number }) => {
  void run(requests).then((millis) => process.send?.({ millis }))
})
