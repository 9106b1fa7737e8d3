import { systemClock } from '@postern/shared/clock.ts'
import { describeIssue, describePlace } from '@postern/shared/config/config-issue.ts'
import type { LoadedConfig, LoadResult } from '@postern/shared/config/load-config.ts'
import { didYouMean } from '@postern/shared/config/read/closest.ts'
import { openEnvironment } from '@postern/shared/google-secrets/open-environment.ts'
import {
  type CommandLine,
  exitCodes,
  type FlagSpecs,
  parseCommandLine,
  UsageError,
} from '@postern/shared/lifecycle/command-line.ts'
import type { Logger } from '@postern/shared/log/logger.ts'
import type { Command, CommandContext } from '../command.ts'
import { configFlags, loadFor } from '../load.ts'
import { clockFindings } from './checks/clock.ts'
import type { GoogleIdentity } from './checks/google-credential.ts'
import { ClockSamples } from './clock-samples.ts'
import { groups, type Finding, type GroupName } from './finding.ts'
import { checksFor } from './plan.ts'
import { systemLookup } from './probe/lookup.ts'
import { isFine, reportJson, reportText } from './report.ts'
import { runChecks } from './run-checks.ts'

const usualSeconds = 10
const tellTime: ReadonlySet<GroupName> = new Set(['upstreams', 'redis', 'idp'])

const flags = {
  config: configFlags.config,
  services: configFlags.services,
  only: {
    value: 'LIST',
    meaning: `what to look at, separated by commas: ${Object.keys(groups).join(', ')}; left out: all`,
  },
  timeout: { value: 'SECONDS', meaning: `time for each check; left out: ${String(usualSeconds)}` },
  json: configFlags.json,
  help: configFlags.help,
} as const satisfies FlagSpecs

export const doctor: Command = {
  summary: 'ask the live environment what is wrong, and say what to do',
  usage: 'doctor [--config FILE] [--services LIST] [--only LIST] [--timeout SECONDS] [--json]',
  details: `Asks what the configuration names, the way the services would: Google for tokens, Cloud Run services whether they are
private and let us in, other upstreams, Redis and the rights of its user, the identity provider, the other services, DNS and
certificates of all hosts, the ports of this machine, and everybody's clock. Changes nothing, and prints no secret and no token.
Run it where Postern runs, or will: another machine has another network and another Google account.
Exit code 1: something is wrong. Warnings alone do not count.

Examples:
  postern doctor --config config.yaml
  postern doctor --config config.yaml --only google,upstreams
  postern doctor --config /etc/postern/config.yaml --services authorize --json`,
  flags,
  run: async (context) => {
    const line = parseCommandLine(context.argv, flags)
    const only = readGroups(line)
    const deadlineMs = readSeconds(line) * 1_000
    const result = await load(line, context)
    if (result.kind === 'invalid') {
      for (const issue of result.issues) context.host.printError(describeIssue(issue))
      return exitCodes.config
    }
    const startMs = performance.now()
    const findings = await examine(result, { only, deadlineMs, context })
    const { host } = context
    if (line.flags['json'] === true) host.print(reportJson(findings))
    else host.print(reportText(findings, performance.now() - startMs, { color: host.isTerminal }))
    return isFine(findings) ? exitCodes.ok : exitCodes.failed
  },
}

/** As a service would load it, secret references included. */
async function load(line: CommandLine, context: CommandContext): Promise<LoadResult> {
  const { env, files, issues } = await openEnvironment(context.env)
  if (issues.length > 0) return { kind: 'invalid', issues, warnings: [] }
  return loadFor(line, { env: { ...env, VALS_FILES: undefined } }, { files })
}

interface Examination {
  readonly only: ReadonlySet<GroupName>
  readonly deadlineMs: number
  readonly context: Pick<CommandContext, 'host'>
}

async function examine(
  { config, warnings }: Extract<LoadResult, { kind: 'ok' }>,
  { only, deadlineMs, context: { host } }: Examination,
): Promise<readonly Finding[]> {
  const clocks = new ClockSamples()
  await using google = await openGoogle(config)
  // The clock shows itself in the answers to other questions.
  const isAsked = (group: GroupName): boolean => only.has(group) || (only.has('clock') && tellTime.has(group))
  const asked = checksFor(config, google.identity).filter(({ group }) => isAsked(group))
  const findings = await runChecks(asked, {
    context: { clock: systemClock, clocks, lookup: systemLookup },
    deadlineMs,
    onProgress: (done, of) => host.showProgress?.(done === of ? '' : `${String(done)} of ${String(of)} answered …`),
  })
  const about = clockFindings(clocks.all).map((told): Finding => ({ group: 'clock', about: 'clock', ...told }))
  const all = [...configFindings(config, warnings), ...findings, ...about]
  return all.filter(({ group }) => only.has(group))
}

function configFindings(config: LoadedConfig, warnings: LoadResult['warnings']): Finding[] {
  const services = config.services.join(', ')
  const says = `valid for ${services}, with ${String(warnings.length)} warning${warnings.length === 1 ? '' : 's'}`
  return [
    { group: 'config', status: 'ok', about: 'configuration', says },
    ...warnings.map((issue): Finding => {
      const path = issue.path[0] === issue.file ? '' : ` ${issue.path.join('.')}`
      return { group: 'config', status: 'warning', about: `${describePlace(issue)}${path}`, says: issue.message }
    }),
  ]
}

/** The proxy's own credential. Google's library is loaded only where the proxy is looked at. */
async function openGoogle(
  config: LoadedConfig,
): Promise<AsyncDisposable & { readonly identity: GoogleIdentity | undefined }> {
  if (!config.services.includes('proxy')) return { identity: undefined, [Symbol.asyncDispose]: () => Promise.resolve() }
  const { minterOf, openIdTokenSource } = await import('@postern/proxy/google-identity/id-token-source.ts')
  const credential = config.proxy.googleCredential
  const tokens = openIdTokenSource(credential, { log: silent })
  return {
    identity: { minter: minterOf(credential, {}), tokens },
    [Symbol.asyncDispose]: () => tokens[Symbol.asyncDispose](),
  }
}

function readGroups({ flags: given }: CommandLine): ReadonlySet<GroupName> {
  const names = Object.keys(groups) as GroupName[]
  const text = given['only']
  if (typeof text !== 'string') return new Set(names)
  return new Set(
    text.split(',').map((part) => {
      const name = part.trim()
      const group = names.find((known) => known === name)
      if (group === undefined) throw new UsageError(`--only does not know ${name}${didYouMean(name, names)}`)
      return group
    }),
  )
}

function readSeconds({ flags: given }: CommandLine): number {
  const text = given['timeout']
  if (text === undefined) return usualSeconds
  const seconds = typeof text === 'string' && /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (seconds === 0) throw new UsageError('--timeout takes a number of seconds from 1')
  return seconds
}

/** What goes wrong is in the findings, and told once. */
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
