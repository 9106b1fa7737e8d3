import manifest from '../package.json' with { type: 'json' }
import { didYouMean } from '@postern/shared/config/read/closest.ts'
import { UsageError, describeFlags, exitCodes } from '@postern/shared/lifecycle/command-line.ts'
import type { Command, CommandContext } from './command.ts'
import { keys } from './commands/keys.ts'
import { routes } from './commands/routes.ts'
import { run } from './commands/run.ts'
import { authenticate, authorize, proxy } from './commands/services.ts'
import { validate } from './commands/validate.ts'
import { doctor } from './doctor/doctor-command.ts'
import { explain } from './explain/explain-command.ts'
import { sessions } from './sessions/sessions-command.ts'

/** Every command, in the order of the help. */
export const commands: Readonly<Record<string, Command>> = {
  run,
  proxy,
  authorize,
  authenticate,
  validate,
  routes,
  explain,
  doctor,
  sessions,
  keys,
}

/** Runs one command line; the exit code, or nothing where the command ends the process itself. */
export async function runCommandLine({ argv, env, host }: CommandContext): Promise<number | undefined> {
  const [name, ...rest] = argv
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    host.print(overview())
    return name === undefined ? exitCodes.usage : exitCodes.ok
  }
  if (name === 'version' || name === '--version' || name === '-V') {
    host.print(`postern ${manifest.version}`)
    return exitCodes.ok
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    host.printError(
      `postern: unknown command ${name}${didYouMean(name, Object.keys(commands))}\npostern --help lists the commands`,
    )
    return exitCodes.usage
  }
  if (rest.some((word) => word === '--help' || word === '-h')) {
    host.print(helpOf(command))
    return exitCodes.ok
  }
  try {
    return await command.run({ argv: rest, env, host })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    host.printError(`postern ${name}: ${error.message}\npostern ${name} --help says more`)
    return exitCodes.usage
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return `Postern: an identity-aware access proxy for Cloud Run and anything else that speaks HTTP.

Usage: postern COMMAND [OPTIONS]

${lines.join('\n')}

postern COMMAND --help says more; postern --version says which one this is. Exit codes: 0 fine, 1 failed, 64 wrong usage, 78 wrong configuration.`
}

function helpOf(command: Command): string {
  return `Usage: postern ${command.usage}

${command.summary}

${describeFlags(command.flags)}

${command.details}`
}
