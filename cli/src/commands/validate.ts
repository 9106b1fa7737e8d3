import { describeIssue, environmentPlace } from '@postern/shared/config/config-issue.ts'
import type { ConfigIssue } from '@postern/shared/config/config-issue.ts'
import type { LoadResult } from '@postern/shared/config/load-config.ts'
import { openEnvironment } from '@postern/shared/google-secrets/open-environment.ts'
import { exitCodes, parseCommandLine } from '@postern/shared/lifecycle/command-line.ts'
import type { CommandLine, FlagSpecs } from '@postern/shared/lifecycle/command-line.ts'
import type { Command, CommandContext } from '../command.ts'
import { configFlags, loadFor } from '../load.ts'

const validateFlags = {
  ...configFlags,
  'no-files': { meaning: 'do not look into the files that keys name' },
  'resolve-secrets': { meaning: 'ask Secret Manager for what variables refer to' },
} as const satisfies FlagSpecs

export const validate: Command = {
  summary: 'list every mistake and every warning in a configuration',
  usage: 'validate [--config FILE] [--services LIST] [--no-files] [--resolve-secrets] [--json]',
  details: `Reads what the services would read, environment included, and opens no connection, unless --resolve-secrets lets it ask
Google's Secret Manager for what ref+gcpsecrets:// variables lead to. A file that a key names has to be there, as it would
have to be for a service; --no-files is for checking a configuration whose secrets and certificates are elsewhere, such as
in a pod. Exit code 0: the configuration is fine; 78: it is not.

Examples:
  postern validate --config config.yaml
  postern validate --config config.yaml --services proxy --json
  postern validate --config k8s/config.yaml --no-files`,
  flags: validateFlags,
  run: async (context) => {
    const line = parseCommandLine(context.argv, validateFlags)
    const result = await load(line, context)
    if (line.flags['json'] === true) context.host.print(JSON.stringify(toJson(result), undefined, 2))
    else for (const text of toLines(result, String(line.flags['config'] ?? 'the environment'))) context.host.print(text)
    return result.kind === 'ok' ? exitCodes.ok : exitCodes.config
  },
}

async function load(line: CommandLine, context: CommandContext): Promise<LoadResult> {
  const filesAreElsewhere = line.flags['no-files'] === true
  if (line.flags['resolve-secrets'] !== true) return loadFor(line, context, { filesAreElsewhere })
  const { env, files, issues } = await openEnvironment(context.env)
  if (issues.length > 0) return { kind: 'invalid', issues, warnings: [] }
  return loadFor(line, { env: { ...env, VALS_FILES: undefined } }, { files, filesAreElsewhere })
}

function toLines(result: LoadResult, name: string): string[] {
  const issues = result.kind === 'invalid' ? result.issues : []
  const warnings = count(result.warnings.length, 'warning')
  const summary =
    result.kind === 'ok'
      ? `${name} is valid for ${result.config.services.join(', ')}${result.warnings.length > 0 ? `, with ${warnings}` : ''}.`
      : `${name} is not valid: ${count(issues.length, 'error')}, ${warnings}.`
  const lines = [...issues, ...result.warnings].map(describeIssue)
  if (issues.some(isAboutWholeFile)) return lines
  return lines.length === 0 ? [summary] : [...lines, '', summary]
}

/** A file that could not be read at all: that says everything. */
function isAboutWholeFile({ path, line, file }: ConfigIssue): boolean {
  return path.length === 0 && line === 0 && file !== environmentPlace && !file.startsWith('$')
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
