import type { Reason } from '@postern/shared/vocabulary/decision.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { Entry } from '../grammar/entry.ts'
import type { Criterion, Lookup, Membership } from '../policy.ts'
import type { Question } from '../question.ts'
import { verdict } from '../verdict.ts'

/** One word of the policy language. */
export interface CriterionKind {
  readonly name: string
  /** Whether the key goes on after a slash, as in `claim/hd`. */
  readonly takesSubPath: boolean
  /** Reads the operand; everything wrong with it goes to `entry.problem`, and the answer is then `undefined`. */
  parse(entry: Entry): Criterion | undefined
}

/** What of a membership a criterion says itself. */
export type Asked = Pick<Membership, 'of' | 'value' | 'members'>

interface Shared {
  readonly summary: string
  readonly headers?: readonly string[]
}

export interface RequestCriterion extends Shared {
  readonly ok: Reason
  readonly refused: Reason
  readonly membership?: Asked | undefined
  readonly matches: (question: Question) => boolean
  compared(question: Question): unknown
}

/** A criterion about the request: it has an answer for everybody. */
export function requestCriterion(entry: Entry, parts: RequestCriterion): Criterion {
  const { matches } = parts
  const yes = verdict(true, parts.ok)
  const no = verdict(false, parts.refused)
  return {
    ...common(entry, parts),
    lookup: undefined,
    membership: parts.membership && { ...parts.membership, found: yes, missing: no, isAboutPerson: false },
    test: (question) => (matches(question) ? yes : no),
    compared: (question) => parts.compared(question),
  }
}

export interface PersonCriterion extends Shared {
  readonly ok: Reason
  readonly refused: Reason
  readonly lookup?: Pick<Lookup, 'fact' | 'values'> | undefined
  readonly membership?: Asked | undefined
  readonly matches: (question: Question, identity: Identity) => boolean
  compared(question: Question, identity: Identity): unknown
}

export const unauthenticated = verdict(false, 'user-unauthenticated')

/** A criterion about the person. About nobody it says `user-unauthenticated`, which leads to the sign-in. */
export function personCriterion(entry: Entry, parts: PersonCriterion): Criterion {
  const { matches } = parts
  const yes = verdict(true, parts.ok)
  const no = verdict(false, parts.refused)
  return {
    ...common(entry, parts),
    lookup: parts.lookup && { ...parts.lookup, found: yes, missing: no },
    membership: parts.membership && { ...parts.membership, found: yes, missing: no, isAboutPerson: true },
    test: (question) => {
      if (question.identity === undefined) return unauthenticated
      return matches(question, question.identity) ? yes : no
    },
    compared: (question) => question.identity && parts.compared(question, question.identity),
  }
}

function common(
  entry: Entry,
  { summary, headers = [] }: Shared,
): Omit<Criterion, 'lookup' | 'membership' | 'test' | 'compared'> {
  const { key, path, operand, groupsClaim } = entry
  return { key, path, operand, sameAs: JSON.stringify([key, operand, groupsClaim]), summary, headers }
}

/** For criteria whose operand says nothing. `false` is refused: whoever wrote it meant the opposite. */
export function ignoresOperand(entry: Entry): boolean {
  if (entry.operand !== false) return true
  entry.problem(`"${entry.key}" means the same whatever follows, so "false" would mislead; take the criterion out`)
  return false
}
