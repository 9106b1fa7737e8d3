import process from 'node:process'
import { runService } from '@postern/shared/lifecycle/run-service.ts'
import { checkPolicy } from './policy/check-policy.ts'
import { startAuthorize } from './service.ts'

await runService({
  name: 'authorize',
  argv: process.argv.slice(2),
  env: process.env,
  select: (config) => config.authorize,
  checkPolicy,
  readingWorker: new URL('./reading-worker.ts', import.meta.url),
  start: startAuthorize,
})
