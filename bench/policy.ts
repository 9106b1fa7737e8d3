/**
 * How long one decision takes. `node bench/policy.ts`. Prints the machine, and for each policy of a thousand rules the
 * median and the 99th percentile; the budget is 50 µs at the 99th. Decisions are timed one by one, with the clock's own
 * cost in the figures.
 */
import { cpus } from 'node:os'
import { stdout, version } from 'node:process'
import { compilePolicy, type CompiledPolicy } from '@postern/authorize/policy/compile-policy.ts'
import { decide } from '@postern/authorize/policy/decide.ts'
import { parsePolicy } from '@postern/authorize/policy/parse-policy.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'

const ruleCount = 1000
const warmUp = 20_000
const rounds = 50_000
const now = new Date('2026-11-20T12:00:00Z')

const facts: RequestFacts = {
  method: 'GET',
  host: 'app.example.com',
  path: '/reports/2026/november',
  query: '',
  headers: new Map(),
  clientAddress: '203.0.113.9',
  clientCertificate: undefined,
}

const person: Identity = {
  userId: '1001',
  email: 'Ada@Example.com',
  name: 'Ada',
  claims: { groups: Array.from({ length: 300 }, (_, index) => `group-${index}`) },
}

const rules = (make: (index: number) => unknown): unknown =>
  Array.from({ length: ruleCount }, (_, index) => make(index))

const documents: Readonly<Record<string, unknown>> = {
  'one email each, nobody matches': rules((index) => ({ allow: { or: [{ email: `person-${index}@example.com` }] } })),
  'domain and path, the last matches': rules((index) => ({
    allow: {
      and: [{ domain: 'example.com' }, { http_path: { starts_with: index === 999 ? '/rep' : `/app-${index}` } }],
    },
  })),
  'group and method, nobody matches': rules((index) => ({
    allow: { and: [{ groups: `team-${index}` }, { http_method: 'GET' }] },
  })),
  'one network each, nobody matches': rules((index) => ({
    allow: { or: [{ source_ip: `10.${index >> 8}.${index & 255}.0/24` }] },
  })),
  'times of day, all of them true': rules((index) => ({
    allow: { and: [{ time_of_day: { timezone: 'Europe/Berlin', after: '08:00', before: `20:0${index % 10}` } }] },
  })),
  'half allow, half deny, mixed operators': rules((index) => ({
    [index % 2 === 0 ? 'allow' : 'deny']: {
      and: [{ email: { ends_with: `@example-${index}.com` } }, { http_method: 'GET' }],
      nor: [{ authenticated_user: true }],
    },
  })),
}

stdout.write(
  `${version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}; ${ruleCount} rules, ${rounds} decisions\n\n`,
)
stdout.write(`${'policy'.padEnd(42)}${'p50 µs'.padStart(10)}${'p99 µs'.padStart(10)}\n`)
for (const [title, document] of Object.entries(documents)) {
  const [median, high] = measure(compile(document))
  stdout.write(`${title.padEnd(42)}${median.toFixed(1).padStart(10)}${high.toFixed(1).padStart(10)}\n`)
}

function compile(document: unknown): CompiledPolicy {
  const result = parsePolicy(document)
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues))
  return compilePolicy(result.policy)
}

/** Median and 99th percentile, in microseconds. */
function measure(policy: CompiledPolicy): readonly [number, number] {
  for (let index = 0; index < warmUp; index++) decide(policy, facts, person, now)
  const times = new Float64Array(rounds)
  for (let index = 0; index < rounds; index++) {
    const start = performance.now()
    decide(policy, facts, person, now)
    times[index] = (performance.now() - start) * 1000
  }
  times.sort()
  return [times[rounds / 2] ?? 0, times[Math.floor(rounds * 0.99)] ?? 0]
}
