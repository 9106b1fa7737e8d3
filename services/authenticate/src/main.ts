import process from 'node:process'
import { runService } from '@postern/shared/lifecycle/run-service.ts'
import { startAuthenticate } from './service.ts'

await runService({
  name: 'authenticate',
  argv: process.argv.slice(2),
  env: process.env,
  select: (config) => config.authenticate,
  start: startAuthenticate,
})
