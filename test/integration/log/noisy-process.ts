import { createLogger } from '@postern/shared/log/json-logger.ts'

// Logs more than a pipe and the buffer behind it hold, says how long that took, and one more line when told to.
const log = createLogger({ service: 'proxy', level: 'info', format: 'json' })
const filling = 'x'.repeat(1000)
const from = performance.now()
for (let turn = 0; turn < 20_000; turn += 1) {
  log.info({ turn, filling }, 'request')
  if (turn % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
}
process.send?.({ tookMs: performance.now() - from })
process.once('message', () => {
  log.info({}, 'goodbye')
  process.disconnect()
})
