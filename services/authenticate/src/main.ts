import process from 'node:process'
import { exitCodes, UsageError } from '@postern/shared/lifecycle/command-line.ts'
import { runService } from '@postern/shared/lifecycle/run-service.ts'
import { environmentOf, takeParts } from './parts.ts'
import { startAuthenticate } from './service.ts'

try {
  const { parts, rest } = takeParts(process.argv.slice(2))
  await runService({
    name: 'authenticate',
    argv: rest,
    env: environmentOf(parts, process.env),
    select: (config) => config.authenticate,
    start: (config, deps) => startAuthenticate(config, { ...deps, parts }),
  })
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = exitCodes.usage
}
