import type { X509Certificate } from 'node:crypto'
import type { CommandLine, FlagSpecs } from '@postern/shared/lifecycle/command-line.ts'
import { UsageError } from '@postern/shared/lifecycle/command-line.ts'
import { configFlags } from '../load.ts'
import type { MadeUpPerson } from './made-up-person.ts'
import type { MadeUpRequest } from './made-up-request.ts'
import { readDecisionLine } from './replayed-line.ts'
import { readShownCertificate } from './shown-certificate.ts'

export const explainFlags = {
  config: configFlags.config,
  url: { value: 'URL', meaning: 'the address that is asked for' },
  method: { value: 'METHOD', meaning: 'GET if left out' },
  ip: { value: 'ADDRESS', meaning: 'where the request comes from' },
  header: { value: 'LINE', many: true, meaning: 'a request header, as "Name: value"; may be given several times' },
  at: { value: 'TIME', meaning: 'when, such as 2026-12-24T18:00:00Z; now if left out' },
  email: { value: 'ADDRESS', meaning: 'who asks; with no email, user, group or claim, nobody is signed in' },
  user: { value: 'ID', meaning: "the person's id at the identity provider (sub)" },
  group: { value: 'NAME', many: true, meaning: 'a group of the person; may be given several times' },
  claim: {
    value: 'NAME=VALUE',
    many: true,
    meaning: 'a claim: level=7 is a number, level="7" a text; may be given several times',
  },
  'client-certificate': { value: 'FILE', meaning: 'the PEM certificate that the client shows; none if left out' },
  replay: { value: 'LINE', meaning: 'one line of the decision log, instead of URL, method, address, person and time' },
  table: { value: 'FILE', meaning: 'a YAML list of people: print them against all routes' },
  expect: { value: 'OUTCOME', meaning: 'allow, deny or sign-in: exit with 1 when it is another' },
  json: configFlags.json,
  help: configFlags.help,
} as const satisfies FlagSpecs

/** What is asked about. */
export interface Asked {
  readonly request: MadeUpRequest
  /** `undefined`: nobody is signed in. */
  readonly person: MadeUpPerson | undefined
  readonly certificate: X509Certificate | undefined
  readonly at: Date
  /** What the line that is replayed says came of it. */
  readonly logged: string | undefined
}

/** @throws UsageError at what cannot be understood, or contradicts */
export function readAsked(line: CommandLine, now: Date): Asked {
  const text = (name: string): string | undefined => {
    const value = line.flags[name]
    return typeof value === 'string' ? value : undefined
  }
  const replay = text('replay')
  for (const name of ['url', 'method', 'ip', 'email', 'user']) {
    if (replay !== undefined && text(name) !== undefined) {
      throw new UsageError(`--${name} and --replay contradict each other`)
    }
  }
  const replayed = replay === undefined ? undefined : readDecisionLine(replay)
  const headers = line.lists['header'] ?? []
  const certificateFile = text('client-certificate')
  const url = replayed?.request.url ?? text('url')
  if (url === undefined) throw new UsageError('expected --url URL, --replay LINE or --table FILE')
  return {
    request: replayed
      ? { ...replayed.request, headers }
      : { url, method: text('method') ?? 'GET', address: text('ip'), headers },
    person: readPerson(line, replayed?.user ?? text('user'), replayed?.email ?? text('email')),
    certificate: certificateFile === undefined ? undefined : readShownCertificate(certificateFile),
    at: readTime(text('at')) ?? replayed?.at ?? now,
    logged: replayed?.outcome,
  }
}

/** @throws UsageError for what is not a time */
export function readTime(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new UsageError(`--at ${text} is not a time such as 2026-12-24T18:00:00Z`)
  return time
}

function readPerson(
  { lists }: CommandLine,
  user: string | undefined,
  email: string | undefined,
): MadeUpPerson | undefined {
  const groups = lists['group'] ?? []
  const claims = (lists['claim'] ?? []).map(readClaim)
  if (user === undefined && email === undefined && groups.length === 0 && claims.length === 0) return undefined
  const all = [...groups.map((group) => ['groups', group] as const), ...claims]
  return {
    user,
    email,
    claims: Object.fromEntries(
      Map.groupBy(all, ([name]) => name)
        .entries()
        .map(valuesOf),
    ),
  }
}

function valuesOf([name, pairs]: [string, readonly (readonly [string, unknown])[]]): [string, unknown] {
  const [first] = pairs
  return [name, pairs.length === 1 && first ? first[1] : pairs.map(([, value]) => value)]
}

/** `level=7` is a number and `level="7"` a text, as in JSON; what is not JSON is a text. */
function readClaim(text: string): readonly [string, unknown] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UsageError(`--claim ${text} is not NAME=VALUE`)
  const value = text.slice(equals + 1)
  try {
    return [text.slice(0, equals), JSON.parse(value)]
  } catch {
    return [text.slice(0, equals), value]
  }
}
