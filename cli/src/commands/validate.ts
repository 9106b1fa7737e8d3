import { describeIssue } from '@postern/shared/config/config-issue.ts'
import type { LoadResult } from '@postern/shared/config/load-config.ts'
import { exitCodes, parseCommandLine } from '@postern/shared/lifecycle/command-line.ts'
import type { Command } from '../command.ts'
import { configFlags, loadFor } from '../load.ts'

export const validate: Command = {
  summary: 'list every mistake and every warning in a configuration',
  usage: 'validate [--config FILE] [--services LIST] [--json]',
  details: `Reads what the services would read, environment included, and opens no connection.
Exit code 0: the configuration is fine; 78: it is not.

Examples:
  postern validate --config config.yaml
  postern validate --config config.yaml --services proxy --json`,
  flags: configFlags,
  run: (context) => {
    const line = parseCommandLine(context.argv, configFlags)
    const result = loadFor(line, context)
    if (line.flags['json'] === true) context.host.print(JSON.stringify(toJson(result), undefined, 2))
    else for (const text of toLines(result, String(line.flags['config'] ?? 'the environment'))) context.host.print(text)
    return result.kind === 'ok' ? exitCodes.ok : exitCodes.config
  },
}

function toLines(result: LoadResult, name: string): string[] {
  const issues = result.kind === 'invalid' ? result.issues : []
  const warnings = count(result.warnings.length, 'warning')
  const summary =
    result.kind === 'ok'
      ? `${name} is valid for ${result.config.services.join(', ')}${result.warnings.length > 0 ? `, with ${warnings}` : ''}.`
      : `${name} is not valid: ${count(issues.length, 'error')}, ${warnings}.`
  const lines = [...issues, ...result.warnings].map(describeIssue)
  return lines.length === 0 ? [summary] : [...lines, '', summary]
}

function toJson(result: LoadResult): unknown {
  return {
    valid: result.kind === 'ok',
    errors: result.kind === 'invalid' ? result.issues : [],
    warnings: result.warnings,
  }
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`
}
