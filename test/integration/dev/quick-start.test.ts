import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { it } from 'node:test'

const main = fileURLToPath(import.meta.resolve('@postern/dev/main.ts'))

/** Runs `npm start`'s program until the banner is there. */
async function start(): Promise<{ banner: string; stop(): Promise<number | null>; errors(): string }> {
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'pipe'] })
  let banner = ''
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${String(code)}: ${errors}${banner}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      banner += text
      if (banner.includes('Ctrl-C')) resolve()
    })
  })
  await ready
  const stop = async () => {
    const exited = once(child, 'exit') as Promise<[number | null]>
    child.kill('SIGINT')
    return (await exited)[0]
  }
  return { banner, stop, errors: () => errors }
}

it('the quick start says what to open and who there is, serves it, and ends cleanly on Ctrl-C', async () => {
  const quickStart = await start()
  const [, port = ''] = /http:\/\/hello\.localhost:(\d+)/.exec(quickStart.banner) ?? []
  for (const said of ['ada@example.com', 'mallory@elsewhere.test', '/.pomerium/sign_out', '403']) {
    assert.ok(quickStart.banner.includes(said), said)
  }
  const response = await fetch(`http://127.0.0.1:${port}/ping`)
  assert.equal(response.status, 200)
  assert.equal(await quickStart.stop(), 0)
  assert.equal(quickStart.errors(), '')
})

it('a second one beside the first takes the next free ports and says so', async () => {
  const first = await start()
  const second = await start()
  const portOf = (banner: string) => /http:\/\/hello\.localhost:(\d+)/.exec(banner)?.[1]
  assert.notEqual(portOf(first.banner), portOf(second.banner))
  assert.match(second.banner, /is taken, so this run uses/)
  assert.deepEqual([await first.stop(), await second.stop()], [0, 0])
})
