import type { Decision, Reason } from '@postern/shared/vocabulary/decision.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'

/**
 * The policy language as its description says it, word for word: slow, obvious, and sharing no code with the engine.
 * It knows only as many criteria and operands as the random policies have.
 */
export type WrittenPolicy = readonly WrittenRule[]
export type WrittenRule = Readonly<Partial<Record<'allow' | 'deny', WrittenBlocks>>>
export type WrittenBlocks = Readonly<Partial<Record<'and' | 'or' | 'not' | 'nor', readonly WrittenCriterion[]>>>
export type WrittenCriterion = Readonly<Record<string, unknown>>

interface Result {
  readonly holds: boolean
  readonly reasons: ReadonlySet<Reason>
}

export function interpret(policy: WrittenPolicy, facts: RequestFacts, identity: Identity | undefined): Decision {
  const side = (action: 'allow' | 'deny'): Result =>
    or(
      policy
        .map((rule) => rule[action])
        .filter((blocks) => blocks !== undefined)
        .map((blocks) => or(Object.entries(blocks).map(([operator, criteria]) => block(operator, criteria)))),
    )
  const block = (operator: string, criteria: readonly WrittenCriterion[]): Result => {
    const results = criteria.map((written) => criterion(written, facts, identity))
    if (operator === 'and') return and(results)
    if (operator === 'or') return or(results)
    return operator === 'not' ? and(results.map(inverse)) : or(results.map(inverse))
  }
  return outcome(side('allow'), side('deny'))
}

function outcome(allow: Result, deny: Result): Decision {
  const has = (result: Result, ...wanted: Reason[]): boolean => wanted.some((reason) => result.reasons.has(reason))
  const refuse = (result: Result): Decision => ({
    kind: 'deny',
    status: has(result, 'client-certificate-required', 'invalid-client-certificate') ? 495 : 403,
    reasons: sorted(result.reasons),
  })
  if (has(deny, 'client-certificate-required', 'invalid-client-certificate')) return refuse(deny)
  if (has(allow, 'user-unauthenticated') || has(deny, 'user-unauthenticated')) {
    return { kind: 'sign-in', reasons: sorted(allow.reasons.union(deny.reasons)) }
  }
  if (deny.holds) return refuse(deny)
  if (allow.holds) return { kind: 'allow', reasons: sorted(allow.reasons) }
  return refuse(allow)
}

function sorted(reasons: ReadonlySet<Reason>): readonly Reason[] {
  return [...reasons].sort()
}

function or(results: readonly Result[]): Result {
  const holds = results.some((result) => result.holds)
  return { holds, reasons: union(results.filter((result) => result.holds === holds)) }
}

function and(results: readonly Result[]): Result {
  const holds = results.every((result) => result.holds)
  return { holds, reasons: union(results.filter((result) => result.holds === holds)) }
}

function union(results: readonly Result[]): ReadonlySet<Reason> {
  return results.reduce<ReadonlySet<Reason>>((all, { reasons }) => all.union(reasons), new Set())
}

function inverse({ holds, reasons }: Result): Result {
  return { holds: !holds, reasons }
}

function criterion(written: WrittenCriterion, facts: RequestFacts, identity: Identity | undefined): Result {
  const [[name, operand] = ['', undefined]] = Object.entries(written)
  const says = (holds: boolean, yes: Reason, no: Reason): Result => ({ holds, reasons: new Set([holds ? yes : no]) })
  const ofPerson = (yes: Reason, no: Reason, test: (person: Identity) => boolean): Result =>
    identity === undefined
      ? { holds: false, reasons: new Set(['user-unauthenticated']) }
      : says(test(identity), yes, no)

  switch (name) {
    case 'accept':
      return says(true, 'accept', 'reject')
    case 'reject':
      return says(false, 'accept', 'reject')
    case 'authenticated_user':
      return ofPerson('user-ok', 'user-unauthorized', () => true)
    case 'user':
      return ofPerson('user-ok', 'user-unauthorized', (person) => text(operand, person.userId))
    case 'email':
      return ofPerson('email-ok', 'email-unauthorized', (person) => text(lower(operand), lower(person.email ?? '')))
    case 'domain':
      return ofPerson('domain-ok', 'domain-unauthorized', (person) => text(lower(operand), domain(person.email ?? '')))
    case 'claim/team':
      return ofPerson('claim-ok', 'claim-unauthorized', (person) => list(operand, person.claims['team'] ?? []))
    case 'groups':
      return ofPerson('groups-ok', 'groups-unauthorized', (person) => list(operand, person.claims['groups'] ?? []))
    case 'http_method':
      return says(text(operand, facts.method), 'http-method-ok', 'http-method-unauthorized')
    case 'http_path':
      return says(text(operand, facts.path), 'http-path-ok', 'http-path-unauthorized')
    case 'invalid_client_certificate':
      if (facts.clientCertificate?.presented !== true) {
        return { holds: true, reasons: new Set(['client-certificate-required']) }
      }
      return says(!facts.clientCertificate.valid, 'invalid-client-certificate', 'valid-client-certificate')
    default:
      throw new Error(`no criterion ${name}`)
  }
}

function lower<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).toLowerCase()) as T
}

function domain(email: string): string {
  const parts = lower(email).split('@')
  return parts.length === 2 ? (parts[1] ?? '') : ''
}

function text(operand: unknown, value: string): boolean {
  if (typeof operand === 'string') return operand === value
  return Object.entries(operand as Record<string, any>).every(([operator, wanted]) => {
    if (operator === 'is') return value === wanted
    if (operator === 'not') return value !== wanted
    if (operator === 'contains') return value.includes(wanted)
    if (operator === 'starts_with') return value.startsWith(wanted)
    if (operator === 'ends_with') return value.endsWith(wanted)
    if (operator === 'in') return wanted.includes(value)
    if (operator === 'not_in') return !wanted.includes(value)
    throw new Error(`no operator ${operator}`)
  })
}

function list(operand: unknown, values: readonly unknown[]): boolean {
  if (typeof operand !== 'object' || operand === null) return values.includes(operand)
  return Object.entries(operand).every(([operator, wanted]) => {
    if (operator === 'has') return values.includes(wanted)
    if (operator === 'is') return values.length === 1 && values[0] === wanted
    if (operator === 'exclude') return !values.includes(wanted)
    throw new Error(`no operator ${operator}`)
  })
}
