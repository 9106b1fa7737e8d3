import type { Entry } from '../grammar/entry.ts'
import { describe, isMapping, oneOf } from '../grammar/describe.ts'
import { didYouMean } from '../grammar/did-you-mean.ts'
import type { Asked } from '../criteria/criterion-kind.ts'
import { beginningsOf, endsOf } from '../facts/members.ts'
import type { Path } from '../policy.ts'
import type { Question } from '../question.ts'

/** A test of one text. Several operators are and-ed. */
export interface StringMatcher {
  matches(text: string): boolean
  /** `is example.com`, `starts with /admin and is not /admin/login`. */
  readonly summary: string
  /** Set when the matcher only asks whether the text is one of these. */
  readonly oneOf: readonly string[] | undefined
  /** Set when the matcher only asks how the text begins, or ends. */
  readonly edge?: Edge
}

export interface Edge {
  readonly at: 'start' | 'end'
  readonly value: string
}

/** The same question, put so that many of its kind can be answered together. `of` names the text. */
export function membershipOf(
  { edge }: StringMatcher,
  of: string,
  textOf: (question: Question) => string,
): Asked | undefined {
  if (edge === undefined) return undefined
  const members = edge.at === 'start' ? beginningsOf : endsOf
  return { of: `${of} ${edge.at}`, value: edge.value, members: (question) => members(textOf(question)) }
}

/** What is special about the texts of one criterion. */
export interface StringRules {
  /** Brings operand and compared text to one form; the caller folds what it compares. */
  readonly fold?: (text: string) => string
  /** What is wrong with a whole value (`is`, `not`, `in`, `not_in`), if anything: it could never match. */
  readonly checkWhole?: (text: string) => string | undefined
  /** The same for `starts_with`. */
  readonly checkStart?: (text: string) => string | undefined
}

type Part = StringMatcher

interface OperatorKind {
  readonly takesList: boolean
  readonly check: 'whole' | 'start' | 'none'
  part(values: readonly string[]): Part
}

const one = (
  check: OperatorKind['check'],
  says: string,
  holds: (text: string, value: string) => boolean,
): OperatorKind => ({
  takesList: false,
  check,
  part: ([value = '']) => ({ matches: (text) => holds(text, value), summary: `${says} ${value}`, oneOf: undefined }),
})

const list = (says: string, wanted: boolean): OperatorKind => ({
  takesList: true,
  check: 'whole',
  part: (values) => {
    const set = new Set(values)
    return {
      matches: (text) => set.has(text) === wanted,
      summary: `${says} ${values.join(', ')}`,
      oneOf: wanted ? values : undefined,
    }
  },
})

const operatorKinds: Readonly<Record<string, OperatorKind>> = {
  is: {
    takesList: false,
    check: 'whole',
    part: ([value = '']) => ({ matches: (text) => text === value, summary: `is ${value}`, oneOf: [value] }),
  },
  not: one('whole', 'is not', (text, value) => text !== value),
  contains: one('none', 'contains', (text, value) => text.includes(value)),
  starts_with: {
    takesList: false,
    check: 'start',
    part: ([value = '']) => ({
      matches: (text) => text.startsWith(value),
      summary: `starts with ${value}`,
      oneOf: undefined,
      edge: { at: 'start', value },
    }),
  },
  ends_with: {
    takesList: false,
    check: 'none',
    part: ([value = '']) => ({
      matches: (text) => text.endsWith(value),
      summary: `ends with ${value}`,
      oneOf: undefined,
      edge: { at: 'end', value },
    }),
  },
  in: list('is one of', true),
  not_in: list('is none of', false),
}

export const stringOperators = Object.keys(operatorKinds)

/** Reads a string matcher: a bare text means `is`. `under` is where it stands, below the entry's own path. */
export function parseStringMatcher(
  entry: Entry,
  rules: StringRules = {},
  operand: unknown = entry.operand,
  under: Path = [],
): StringMatcher | undefined {
  if (!isMapping(operand)) {
    return parseOperator(entry, rules, 'is', operand, under)
  }
  const names = Object.keys(operand)
  if (names.length === 0) return entry.problem(`expected a text or ${oneOf(stringOperators)}, but found nothing`, under)
  const parts = names.map((name) => parseOperator(entry, rules, name, operand[name], [...under, name]))
  const good = parts.filter((part) => part !== undefined)
  if (good.length < parts.length) return undefined
  return good.length === 1 ? good[0] : allOf(good)
}

function allOf(parts: readonly Part[]): StringMatcher {
  return {
    matches: (text) => parts.every((part) => part.matches(text)),
    summary: parts.map((part) => part.summary).join(' and '),
    oneOf: undefined,
  }
}

function parseOperator(entry: Entry, rules: StringRules, name: string, operand: unknown, at: Path): Part | undefined {
  const kind = Object.hasOwn(operatorKinds, name) ? operatorKinds[name] : undefined
  if (kind === undefined) {
    return entry.problem(
      `unknown operator "${name}"; expected ${oneOf(stringOperators)}${didYouMean(name, stringOperators)}`,
      at,
    )
  }
  const texts = kind.takesList ? parseTexts(entry, operand, at) : parseText(entry, operand, at)
  if (texts === undefined) return undefined
  const check = { whole: rules.checkWhole, start: rules.checkStart, none: undefined }[kind.check]
  const wrong = texts.map((text, index) => {
    const message = check?.(text)
    if (message !== undefined) entry.problem(message, kind.takesList ? [...at, index] : at)
    return message !== undefined
  })
  return wrong.includes(true) ? undefined : kind.part(texts.map((text) => rules.fold?.(text) ?? text))
}

function parseText(entry: Entry, operand: unknown, at: Path): readonly string[] | undefined {
  if (typeof operand === 'string' && operand !== '') return [operand]
  if (Array.isArray(operand)) return entry.problem('expected one text, but found a list; a list goes under "in"', at)
  const hint = typeof operand === 'number' || typeof operand === 'boolean' ? '; put it in quotes' : ''
  return entry.problem(`expected a text, but found ${describe(operand)}${hint}`, at)
}

function parseTexts(entry: Entry, operand: unknown, at: Path): readonly string[] | undefined {
  if (!Array.isArray(operand) || operand.length === 0) {
    return entry.problem(`expected a list of texts, but found ${describe(operand)}`, at)
  }
  const texts = operand.map((item: unknown, index) => parseText(entry, item, [...at, index]))
  const good = texts.filter((item) => item !== undefined)
  return good.length < texts.length ? undefined : good.flat()
}
