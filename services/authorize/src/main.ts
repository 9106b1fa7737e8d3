import process from 'node:process'
import { runService } from '@postern/shared/lifecycle/run-service.ts'
import { policyIssues } from './compiled-routes.ts'
import { startAuthorize } from './service.ts'

await runService({
  name: 'authorize',
  argv: process.argv.slice(2),
  env: process.env,
  select: (config) => config.authorize,
  checkPolicy: policyIssues,
  start: startAuthorize,
})
