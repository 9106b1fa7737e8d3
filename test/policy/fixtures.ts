import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { CertificateFacts, ClientCertificate, RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { compilePolicy, type CompiledPolicy } from '@postern/authorize/policy/compile-policy.ts'
import { parsePolicy } from '@postern/authorize/policy/parse-policy.ts'

const here = import.meta.dirname

interface WrittenPerson {
  readonly id: string
  readonly email?: string
  readonly claims: Identity['claims']
}

/** Everybody in `people.yaml`; `nobody` is not among them. */
export const people: ReadonlyMap<string, Identity> = new Map(
  Object.entries(readYaml('people.yaml') as Record<string, WrittenPerson>).map(([name, person]) => [
    name,
    { userId: person.id, email: person.email, name, claims: person.claims },
  ]),
)

const leaf = (facts: Partial<CertificateFacts>): CertificateFacts => ({
  fingerprint: '0'.repeat(64),
  spkiHash: `${'A'.repeat(43)}=`,
  sanDns: [],
  sanEmail: [],
  sanUri: [],
  ...facts,
})

const printer = leaf({
  fingerprint: '17859273e8a980631d367b2d5a6a6635412b0f22835f69e47b3f65624546a704',
  spkiHash: 'FsDbM0rUYIiL3V339eIKqiz6HPSB+Pz2WeAWhqlqh8U=',
})

const robot = leaf({
  fingerprint: 'df6ff72fe9116521268f6f2dd4966f51df479883fe7037b39f75916ac3049d1a',
  sanDns: ['gate.example.com', 'X.Robots.Example.com'],
  sanEmail: ['ops@example.com'],
  sanUri: ['spiffe://example.com/robot'],
})

const shown = (valid: boolean, facts: CertificateFacts): ClientCertificate => ({
  presented: true,
  valid,
  der: undefined,
  leaf: facts,
})

export const certificates: Readonly<Record<string, ClientCertificate | undefined>> = {
  'not-asked': undefined,
  none: { presented: false, valid: false, der: undefined },
  printer: shown(true, printer),
  'forged-printer': shown(false, printer),
  robot: shown(true, robot),
  other: shown(true, leaf({})),
}

/** One line of a table. */
export interface WrittenCase {
  readonly who?: string
  readonly request?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly from?: string
  readonly certificate?: string
  readonly at?: string
  /** `allow`, `sign-in` or `deny` with a status. */
  readonly then: string
  /** The reasons, in order, with spaces between. */
  readonly because: string
}

export interface WrittenTable {
  readonly title: string
  readonly policy: unknown
  readonly cases: readonly WrittenCase[]
}

export const tables: readonly WrittenTable[] = ['who', 'request', 'time', 'outcomes'].flatMap(
  (name) => readYaml(`tables/${name}.yaml`) as WrittenTable[],
)

export function factsOf(row: Partial<WrittenCase>): RequestFacts {
  const [method = '', target = ''] = (row.request ?? 'GET /').split(' ')
  const [path = '', query = ''] = target.split('?')
  const certificate = row.certificate ?? 'not-asked'
  if (!Object.hasOwn(certificates, certificate)) throw new Error(`no certificate ${certificate}`)
  return {
    method,
    host: 'app.example.com',
    path,
    query,
    headers: new Map(Object.entries(row.headers ?? {}).map(([name, value]) => [name, [value]])),
    clientAddress: row.from ?? '203.0.113.9',
    clientCertificate: certificates[certificate],
  }
}

export function personOf(row: Partial<WrittenCase>): Identity | undefined {
  const who = row.who ?? 'nobody'
  if (who !== 'nobody' && !people.has(who)) throw new Error(`no person ${who}`)
  return people.get(who)
}

export function timeOf(row: Partial<WrittenCase>): Date {
  const now = new Date(row.at ?? '2026-11-20T12:00:00Z')
  if (Number.isNaN(now.getTime())) throw new Error(`no time ${String(row.at)}`)
  return now
}

/** A policy that must be right. */
export function compiled(document: unknown): CompiledPolicy {
  const result = parsePolicy(document)
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues))
  return compilePolicy(result.policy)
}

function readYaml(name: string): unknown {
  return parse(readFileSync(`${here}/${name}`, 'utf8'))
}
