import process from 'node:process'
import { runService } from '@postern/shared/lifecycle/run-service.ts'
import { startProxy } from './service.ts'

await runService({
  name: 'proxy',
  argv: process.argv.slice(2),
  env: process.env,
  select: (config) => config.proxy,
  start: startProxy,
})
