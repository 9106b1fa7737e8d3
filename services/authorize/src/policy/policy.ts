import type { ClaimValue } from '@postern/shared/vocabulary/identity.ts'
import type { Members } from './facts/members.ts'
import type { Question } from './question.ts'
import type { Verdict } from './verdict.ts'

/** Keys and indexes from the document's root to the thing meant: `['allow', 'or', 0, 'email']`. */
export type Path = readonly (string | number)[]

export type Action = 'allow' | 'deny'

/**
 * How the criteria of one block combine: `and` all true, `or` at least one true, `not` all false, `nor` at least one
 * false.
 */
export type Operator = 'and' | 'or' | 'not' | 'nor'

export const operators: readonly Operator[] = ['and', 'or', 'not', 'nor']

/** The rules of one route. Rules of one action are or-ed; access needs some allow and no deny. */
export interface Policy {
  readonly rules: readonly Rule[]
}

/** One `allow` or `deny`. Its blocks are or-ed. */
export interface Rule {
  readonly action: Action
  readonly path: Path
  readonly blocks: readonly Block[]
}

export interface Block {
  readonly operator: Operator
  readonly path: Path
  /** Never empty: an empty list would be true or false about nobody. */
  readonly criteria: readonly Criterion[]
}

/** One predicate, with its operand already read. */
export interface Criterion {
  /** As written, with its sub-path: `claim/hd`. */
  readonly key: string
  readonly path: Path
  /** The same for two criteria exactly when they ask the same. */
  readonly sameAs: string
  /** The operand as written. */
  readonly operand: unknown
  /** For people: `domain is example.com`. */
  readonly summary: string
  /** Lower-case names of the request headers that it reads. */
  readonly headers: readonly string[]
  /** Set where the criterion only asks whether one text is among some: many of these become one set. */
  readonly lookup: Lookup | undefined
  /** Set where the criterion only asks whether one value is among some: many of these are answered together. */
  readonly membership: Membership | undefined
  readonly test: (question: Question) => Verdict
  /** What the operand was compared with, for an explanation. `undefined`: there was nothing to compare. */
  compared(question: Question): unknown
}

/** `values` are in the form in which `Question` gives the fact. */
export interface Lookup {
  readonly fact: 'userId' | 'email' | 'domain'
  readonly values: readonly string[]
  readonly found: Verdict
  readonly missing: Verdict
}

/**
 * Whether one value is among those that the person or the request brings. A thousand criteria that ask about the same
 * ones are answered by looking these up among the criteria.
 */
export interface Membership {
  /** The same for two criteria that look among the same ones. */
  readonly of: string
  readonly value: ClaimValue
  readonly found: Verdict
  readonly missing: Verdict
  readonly isAboutPerson: boolean
  readonly members: (question: Question) => Members
}

/** One thing wrong with a policy: where, and what was expected instead. */
export interface PolicyIssue {
  readonly path: Path
  readonly message: string
}
