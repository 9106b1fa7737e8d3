import type { Decision, Reason } from '@postern/shared/vocabulary/decision.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import type { CompiledPolicy, CompiledSide, Literal } from './compile-policy.ts'
import { inOrder, selectOutcome, type Side } from './outcome.ts'
import { Question } from './question.ts'

/** A decision, and what led to it: the answer and the reasons of both sides, for the decision record. */
export interface Judgement {
  readonly decision: Decision
  readonly allow: Side
  readonly deny: Side
}

/**
 * Decides about one request. Pure: the same arguments, the same answer. A refusal is a value.
 * @throws TypeError when a criterion is asked about a fact that is broken (no address, a certificate nobody read);
 * the caller has then no decision, and nobody passes.
 */
export function decide(
  policy: CompiledPolicy,
  facts: RequestFacts,
  identity: Identity | undefined,
  now: Date,
): Decision {
  return judge(policy, facts, identity, now).decision
}

/** The same as `decide`, with both sides. */
export function judge(
  policy: CompiledPolicy,
  facts: RequestFacts,
  identity: Identity | undefined,
  now: Date,
): Judgement {
  const question = new Question(facts, identity, now)
  const allow = weigh(policy.allow, question)
  const deny = weigh(policy.deny, question)
  return { decision: selectOutcome(allow, deny), allow, deny }
}

/** Reasons that are true explain a yes, reasons that are false a no. Which it is, is known only at the end. */
function weigh(side: CompiledSide, question: Question): Side {
  const forYes: Reason[] = []
  const forNo: Reason[] = []
  for (const literal of side.literals) {
    const { holds, reason } = literal.test(question)
    add(holds === literal.wanted ? forYes : forNo, reason)
  }
  for (const conjunction of side.conjunctions) {
    if (!addFailures(conjunction, question, forNo)) addAll(conjunction, question, forYes)
  }
  const holds = forYes.length > 0
  return { holds, reasons: inOrder(holds ? forYes : forNo) }
}

/** Notes why the conjunction is false. Answers whether it is. */
function addFailures(conjunction: readonly Literal[], question: Question, forNo: Reason[]): boolean {
  let failed = false
  for (const literal of conjunction) {
    const { holds, reason } = literal.test(question)
    if (holds === literal.wanted) continue
    failed = true
    add(forNo, reason)
  }
  return failed
}

function addAll(conjunction: readonly Literal[], question: Question, forYes: Reason[]): void {
  for (const literal of conjunction) add(forYes, literal.test(question).reason)
}

function add(reasons: Reason[], reason: Reason): void {
  if (!reasons.includes(reason)) reasons.push(reason)
}
