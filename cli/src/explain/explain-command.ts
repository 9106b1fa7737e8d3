import { readFileSync } from 'node:fs'
import { decidingCriteria } from '@postern/authorize/policy/explanation-text.ts'
import { describeIssue, type ConfigIssue } from '@postern/shared/config/config-issue.ts'
import { whyUnreadable } from '@postern/shared/config/why-unreadable.ts'
import type { LoadedConfig, LoadResult } from '@postern/shared/config/load-config.ts'
import { systemClock } from '@postern/shared/clock.ts'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { UsageError, exitCodes, parseCommandLine, type CommandLine } from '@postern/shared/lifecycle/command-line.ts'
import type { Command, CommandContext } from '../command.ts'
import { accessTable, accessTableText } from './access-table.ts'
import { explainRequest, type ExplainedRequest } from './explain-request.ts'
import { toJson } from './explained-json.ts'
import { toText } from './explained-text.ts'
import { explainFlags, readAsked, readTime, type Asked } from './flags.ts'
import { loadPolicies, noteAbout } from './load-policies.ts'
import { describePerson, identityOf, type MadeUpPerson } from './made-up-person.ts'
import { readRequest } from './made-up-request.ts'
import { readPeopleFile } from './people-file.ts'
import { readShownCertificate } from './shown-certificate.ts'

export const explain: Command = {
  summary: 'say who may do what, and why: the decision for a request, criterion by criterion',
  usage: 'explain --config FILE (--url URL [--email ADDRESS] … | --replay LINE | --table PEOPLE)',
  details: `Nothing is sent anywhere: the decision is the one that authorize would make for such a request and person.
In the list of criteria, ">" marks those whose reasons count.

Examples:
  postern explain --config config.yaml --url https://wiki.example.com/ --email ada@example.com
  postern explain --config config.yaml --url https://wiki.example.com/ --claim level=7 --group engineering --json
  postern explain --config config.yaml --url https://wiki.example.com/ --expect sign-in
  postern explain --config config.yaml --table people.yaml`,
  flags: explainFlags,
  run: (context) => {
    const line = parseCommandLine(context.argv, explainFlags)
    const expected = readExpected(line)
    const result = loadPolicies(line, context)
    if (result.kind === 'invalid') return printIssues(context, result.issues)
    if (result.leftAside.length > 0) context.host.printError(noteAbout(result.leftAside, 'no matter for who may'))
    if (typeof line.flags['table'] === 'string') return printTable(context, line, result.config, line.flags['table'])
    return printExplanation(context, line, result, expected)
  },
}

function printExplanation(
  { host }: CommandContext,
  line: CommandLine,
  { config, locate }: Extract<LoadResult, { kind: 'ok' }>,
  expected: string | undefined,
): number {
  const asked = readAsked(line, systemClock.now())
  const identity = asked.person && identityFrom(asked.person)
  const explained = explainRequest(config, { ...asked, identity })
  for (const warning of warningsAbout(asked, explained)) host.printError(`warning: ${warning}`)
  for (const note of notGiven(explained)) host.printError(`note: ${note}`)
  const json = toJson(explained, locate)
  if (asked.logged !== undefined && asked.logged !== json.outcome)
    host.printError(`note: ${otherThanLogged(asked.logged)}`)
  if (line.flags['json'] === true) host.print(JSON.stringify(json, undefined, 2))
  else host.print(toText(explained, describeAsked(asked, describePerson(identity)), locate))
  if (expected === undefined || expected === json.outcome) return exitCodes.ok
  host.printError(`expected ${expected}, but it is ${json.outcome}`)
  return exitCodes.failed
}

function printTable(context: CommandContext, line: CommandLine, config: LoadedConfig, file: string): number {
  const read = readPeopleFile(file, readText(file))
  if (read.kind === 'invalid') return printIssues(context, read.issues)
  const { method, ip, at, 'client-certificate': shown } = line.flags
  const made = {
    url: 'https://table.invalid/',
    method: typeof method === 'string' ? method : 'GET',
    address: typeof ip === 'string' ? ip : undefined,
    headers: line.lists['header'] ?? [],
  }
  const request = readRequest(made, config.proxy.requestRules)
  if (request === undefined) throw new TypeError('A plain address was taken for an ambiguous one.')
  const now = readTime(typeof at === 'string' ? at : undefined) ?? systemClock.now()
  const certificate = typeof shown === 'string' ? readShownCertificate(shown) : undefined
  const table = accessTable(config, read.people.map(identityFrom), { facts: request.facts, certificate }, now)
  context.host.print(line.flags['json'] === true ? JSON.stringify(table.flat(), undefined, 2) : accessTableText(table))
  return exitCodes.ok
}

function printIssues({ host }: CommandContext, issues: readonly ConfigIssue[]): number {
  for (const issue of issues) host.printError(describeIssue(issue))
  return exitCodes.config
}

function readExpected({ flags }: CommandLine): string | undefined {
  const { expect, table } = flags
  if (typeof expect !== 'string') return undefined
  if (table !== undefined) throw new UsageError('--expect is about one request, --table about many')
  if (!['allow', 'deny', 'sign-in'].includes(expect)) throw new UsageError('--expect takes allow, deny or sign-in')
  return expect
}

function identityFrom(person: MadeUpPerson): ReturnType<typeof identityOf> {
  try {
    return identityOf(person)
  } catch (error) {
    if (error instanceof PosternError) throw new UsageError(`these claims are refused: ${error.message}`)
    throw error
  }
}

/** What is taken as it stands, but is hardly what was meant. */
function warningsAbout({ request, person }: Asked, explained: ExplainedRequest): readonly string[] {
  const [, scheme] = /^(https?):\/\//i.exec(request.url) ?? []
  const from = explained.kind === 'decided' ? explained.route.from : undefined
  const warnings = []
  if (explained.kind === 'decided' && explained.remark !== undefined) {
    warnings.push(explained.remark)
  }
  if (scheme === undefined) {
    warnings.push(`--url ${request.url} has no scheme; taken as ${from?.scheme ?? 'https'}://${request.url}`)
  } else if (from !== undefined && scheme.toLowerCase() !== from.scheme) {
    warnings.push(`--url has the scheme ${scheme}; this route is served at ${from.scheme}://${from.host}`)
  }
  if (person?.email !== undefined && !person.email.includes('@')) {
    warnings.push(`--email ${person.email} has no @, so it is no address that an identity provider would send`)
  }
  return warnings
}

/** Somebody who is refused for groups that nobody mentioned may well have them. */
function notGiven(explained: ExplainedRequest): readonly string[] {
  if (explained.kind !== 'decided' || explained.explanation.decision.kind !== 'deny') return []
  const missing = decidingCriteria(explained.explanation)
    .filter(({ holds, compared }) => !holds && Array.isArray(compared) && compared.length === 0)
    .map(({ criterion }) =>
      criterion === 'groups' ? '--group NAME' : `--claim ${criterion.slice('claim/'.length)}=VALUE`,
    )
  const flags = [...new Set(missing)].join(', ')
  return missing.length === 0 ? [] : [`the policy asks for more than is said of this person; there is ${flags}`]
}

/** A line of the log names the person and not what the identity provider says about them. */
function otherThanLogged(outcome: string): string {
  return `the line says ${outcome}: the configuration was another, or it lay in what a line does not hold; there are --group, --claim, --header and --client-certificate`
}

function describeAsked({ request, at }: Asked, who: string): string {
  const from = request.address === undefined ? '' : ` from ${request.address}`
  return `${request.method} ${request.url} by ${who}${from}, ${at.toISOString()}`
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--table: the file ${file} ${whyUnreadable(error)}`)
  }
}
