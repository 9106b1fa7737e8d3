import type { ClaimValue } from '@postern/shared/vocabulary/identity.ts'
import type { Entry } from '../grammar/entry.ts'
import { describe, isMapping, oneOf } from '../grammar/describe.ts'
import { didYouMean } from '../grammar/did-you-mean.ts'
import type { Path } from '../policy.ts'
import type { ClaimList } from '../question.ts'

/** A test of a claim's values. Equality minds the type: 1234 is not `"1234"`, true is not `"true"`. */
export interface ListMatcher {
  matches(list: ClaimList): boolean
  /** `has engineering`. */
  readonly summary: string
  /** Set when the matcher only asks whether the list has this value. */
  readonly has?: { readonly value: ClaimValue }
}

const operatorKinds: Readonly<Record<string, (value: ClaimValue) => ListMatcher>> = {
  has: (value) => ({ matches: (list) => list.has(value), summary: `has ${show(value)}`, has: { value } }),
  is: (value) => ({
    matches: ({ values }) => values.length === 1 && values[0] === value,
    summary: `is ${show(value)}`,
  }),
  exclude: (value) => ({ matches: (list) => !list.has(value), summary: `does not have ${show(value)}` }),
}

const operators = Object.keys(operatorKinds)

/** Reads a list matcher: a bare value means `has`. Several operators are and-ed. */
export function parseListMatcher(entry: Entry): ListMatcher | undefined {
  const { operand } = entry
  if (!isMapping(operand)) return parseOperator(entry, 'has', operand, [])
  const names = Object.keys(operand)
  if (names.length === 0) return entry.problem(`expected a value or ${oneOf(operators)}, but found nothing`)
  const parts = names.map((name) => parseOperator(entry, name, operand[name], [name]))
  const good = parts.filter((part) => part !== undefined)
  if (good.length < parts.length) return undefined
  const [only] = good
  if (only !== undefined && good.length === 1) return only
  return {
    matches: (list) => good.every((part) => part.matches(list)),
    summary: good.map((part) => part.summary).join(' and '),
  }
}

function parseOperator(entry: Entry, name: string, operand: unknown, at: Path): ListMatcher | undefined {
  const make = Object.hasOwn(operatorKinds, name) ? operatorKinds[name] : undefined
  if (make === undefined) {
    const hint =
      name === 'in' ? '; write one criterion with "has" for each value under "or"' : didYouMean(name, operators)
    return entry.problem(`unknown operator "${name}"; expected ${oneOf(operators)}${hint}`, at)
  }
  if ((typeof operand === 'string' && operand !== '') || typeof operand === 'number' || typeof operand === 'boolean')
    return make(operand)
  const hint = Array.isArray(operand) ? '; write one criterion for each value under "or"' : ''
  return entry.problem(`expected one text, number, true or false, but found ${describe(operand)}${hint}`, at)
}

/** Texts bare, everything else so that it cannot be taken for a text. */
function show(value: ClaimValue): string {
  return typeof value === 'string' ? value : `${String(value)} (${typeof value})`
}
