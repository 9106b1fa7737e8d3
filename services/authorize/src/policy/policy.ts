import type { Reason } from '@postern/shared/vocabulary/decision.ts'
import type { Question } from './question.ts'

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
  readonly test: (question: Question) => Verdict
  /** What the operand was compared with, for an explanation. `undefined`: there was nothing to compare. */
  compared(question: Question): unknown
}

/** A criterion's answer. Always with a reason, from the closed vocabulary. */
export interface Verdict {
  readonly holds: boolean
  readonly reason: Reason
}

/** `values` are in the form in which `Question` gives the fact. */
export interface Lookup {
  readonly fact: 'userId' | 'email' | 'domain'
  readonly values: readonly string[]
  readonly found: Verdict
  readonly missing: Verdict
}

/** One thing wrong with a policy: where, and what was expected instead. */
export interface PolicyIssue {
  readonly path: Path
  readonly message: string
}
