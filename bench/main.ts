import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// `npm run bench [NAME …]`: every benchmark, or the named ones, one after the other on a quiet machine.
const benches = [
  'request-cost',
  'latency',
  'large-bodies',
  'idle-websockets',
  'revocation',
  'start-up',
  'check-stream',
  'policy',
  'route-count',
]
const chosen = process.argv.slice(2)

for (const name of chosen.length > 0 ? chosen : benches) {
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}\n`)
  const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
