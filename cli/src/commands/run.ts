import { checkPolicy } from '@postern/authorize/policy/check-policy.ts'
import { runService, serviceFlags } from '@postern/shared/lifecycle/run-service.ts'
import type { Command } from '../command.ts'
import { readingWorker } from './reading-worker.ts'

export const run: Command = {
  summary: 'run all three services in one process',
  usage: 'run [--config FILE]',
  details: `Runs what the key services lists: all of them, unless it says otherwise. Without redis_url, sessions are kept in memory and die with the process.

Examples:
  postern run --config config.yaml
  POLICY=$(base64 policy.yaml) postern run --config config.yaml`,
  flags: serviceFlags,
  run: async ({ argv, env, host }) => {
    const { startListed } = await import('../run.ts')
    await runService({
      name: 'all',
      argv,
      env,
      host,
      select: (config) => config,
      start: startListed,
      checkPolicy,
      readingWorker,
    })
  },
}
