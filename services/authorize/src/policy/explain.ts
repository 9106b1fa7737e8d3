import type { Decision, Reason } from '@postern/shared/vocabulary/decision.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import { hasCertificateReason, inOrder, selectOutcome, type Side } from './outcome.ts'
import type { Action, Block, Criterion, Operator, Path, Rule } from './policy.ts'
import { Question } from './question.ts'

/** The decision that `decide` makes, and every step that led to it. Plain data: it may be written as JSON. */
export interface Explanation {
  readonly decision: Decision
  readonly cause: Cause
  /** The criteria that made the decision, in the order of the document. */
  readonly decidedBy: readonly Path[]
  readonly allow: Side
  readonly deny: Side
  readonly rules: readonly ExplainedRule[]
}

/** Why it came out so, in the order in which it is asked. */
export type Cause =
  'client-certificate' | 'not-signed-in' | 'a-deny-rule-is-true' | 'an-allow-rule-is-true' | 'no-allow-rule-is-true'

export interface ExplainedRule {
  readonly action: Action
  readonly path: Path
  readonly holds: boolean
  readonly blocks: readonly ExplainedBlock[]
}

export interface ExplainedBlock {
  readonly operator: Operator
  readonly path: Path
  readonly holds: boolean
  readonly criteria: readonly ExplainedCriterion[]
}

export interface ExplainedCriterion {
  readonly criterion: string
  readonly path: Path
  readonly summary: string
  readonly operand: unknown
  /** What the operand was compared with; left out where there was nothing. */
  readonly compared?: unknown
  /** The criterion's own answer, before `not` or `nor` turn it round. */
  readonly holds: boolean
  readonly reason: Reason
  /** Whether its reason is among those of its side. */
  readonly counts: boolean
}

/** Decides as `decide` does, by the rules as they are written, and keeps every step. */
export function explain(
  policy: CompiledPolicy,
  facts: RequestFacts,
  identity: Identity | undefined,
  now: Date,
): Explanation {
  const question = new Question(facts, identity, now)
  const evaluated = policy.policy.rules.map((rule) => explainRule(rule, question))
  const holdsOn = (action: Action): boolean => evaluated.some((rule) => rule.action === action && rule.holds)
  const holds = { allow: holdsOn('allow'), deny: holdsOn('deny') }
  const rules = evaluated.map((rule) => withCounts(rule, holds[rule.action]))
  const allow: Side = { holds: holds.allow, reasons: reasonsOf(rules, 'allow') }
  const deny: Side = { holds: holds.deny, reasons: reasonsOf(rules, 'deny') }
  const decision = selectOutcome(allow, deny)
  const cause = causeOf(decision, deny)
  return { decision, cause, decidedBy: decidedBy(rules, cause), allow, deny, rules }
}

function explainRule({ action, path, blocks }: Rule, question: Question): ExplainedRule {
  const explained = blocks.map((block) => explainBlock(block, question))
  return { action, path, holds: explained.some((block) => block.holds), blocks: explained }
}

function explainBlock({ operator, path, criteria }: Block, question: Question): ExplainedBlock {
  const explained = criteria.map((criterion) => explainCriterion(criterion, question))
  return { operator, path, holds: combine(operator, explained), criteria: explained }
}

function combine(operator: Operator, criteria: readonly ExplainedCriterion[]): boolean {
  switch (operator) {
    case 'and':
      return criteria.every((criterion) => criterion.holds)
    case 'or':
      return criteria.some((criterion) => criterion.holds)
    case 'not':
      return criteria.every((criterion) => !criterion.holds)
    case 'nor':
      return criteria.some((criterion) => !criterion.holds)
  }
}

function explainCriterion(criterion: Criterion, question: Question): ExplainedCriterion {
  const compared = criterion.compared(question)
  const { holds, reason } = criterion.test(question)
  return {
    criterion: criterion.key,
    path: criterion.path,
    summary: criterion.summary,
    operand: criterion.operand,
    ...(compared === undefined ? {} : { compared }),
    holds,
    reason,
    counts: false,
  }
}

/** A true side is explained by the true members of its true blocks, a false side by the false members. */
function withCounts(rule: ExplainedRule, sideHolds: boolean): ExplainedRule {
  const blocks = rule.blocks.map((block) => {
    const inverted = block.operator === 'not' || block.operator === 'nor'
    const criteria = block.criteria.map((criterion) => ({
      ...criterion,
      counts: block.holds === sideHolds && (criterion.holds !== inverted) === block.holds,
    }))
    return { ...block, criteria }
  })
  return { ...rule, blocks }
}

function reasonsOf(rules: readonly ExplainedRule[], action: Action): readonly Reason[] {
  return inOrder(countingCriteria(rules, action).map((criterion) => criterion.reason))
}

function countingCriteria(rules: readonly ExplainedRule[], action: Action): readonly ExplainedCriterion[] {
  const blocks = rules.filter((rule) => rule.action === action).flatMap((rule) => rule.blocks)
  return blocks.flatMap((block) => block.criteria).filter((criterion) => criterion.counts)
}

function causeOf(decision: Decision, deny: Side): Cause {
  if (decision.kind === 'sign-in') return 'not-signed-in'
  if (decision.kind === 'allow') return 'an-allow-rule-is-true'
  if (hasCertificateReason(deny.reasons)) return 'client-certificate'
  return deny.holds ? 'a-deny-rule-is-true' : 'no-allow-rule-is-true'
}

function decidedBy(rules: readonly ExplainedRule[], cause: Cause): readonly Path[] {
  const allow = countingCriteria(rules, 'allow')
  const deny = countingCriteria(rules, 'deny')
  const deciding: Readonly<Record<Cause, readonly ExplainedCriterion[]>> = {
    'client-certificate': deny.filter(({ reason }) => hasCertificateReason([reason])),
    'not-signed-in': [...allow, ...deny].filter(({ reason }) => reason === 'user-unauthenticated'),
    'a-deny-rule-is-true': deny,
    'an-allow-rule-is-true': allow,
    'no-allow-rule-is-true': allow,
  }
  return deciding[cause].map((criterion) => criterion.path)
}
