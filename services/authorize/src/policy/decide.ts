import type { Decision, Reason } from '@postern/shared/vocabulary/decision.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import type { CompiledPolicy, CompiledSide, Literal, Test } from './compile-policy.ts'
import { inOrder, selectOutcome, type Side } from './outcome.ts'
import type { Verdict } from './policy.ts'
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
  const answers = new Answers(policy.tests, new Question(facts, identity, now))
  const allow = weigh(policy.allow, answers)
  const deny = weigh(policy.deny, answers)
  return { decision: selectOutcome(allow, deny), allow, deny }
}

/** The verdicts about one question; no test runs twice. */
class Answers {
  readonly #tests: readonly Test[]
  readonly #question: Question
  readonly #verdicts: (Verdict | undefined)[]

  constructor(tests: readonly Test[], question: Question) {
    this.#tests = tests
    this.#question = question
    this.#verdicts = new Array<undefined>(tests.length)
  }

  get count(): number {
    return this.#tests.length
  }

  /** Whether a literal is true. Notes its reason on that side. */
  weigh(literal: Literal, forYes: Reason[] | undefined, forNo: Reason[]): boolean {
    const { holds, reason } = this.#verdict(literal >> 1)
    const isTrue = holds === ((literal & 1) === 0)
    const reasons = isTrue ? forYes : forNo
    if (reasons !== undefined && !reasons.includes(reason)) reasons.push(reason)
    return isTrue
  }

  #verdict(index: number): Verdict {
    const known = this.#verdicts[index]
    if (known !== undefined) return known
    const test = this.#tests[index]
    if (test === undefined) throw new RangeError('A literal without its test.')
    const verdict = test(this.#question)
    this.#verdicts[index] = verdict
    return verdict
  }
}

/** Reasons that are true explain a yes, reasons that are false a no. Which it is, is known only at the end. */
function weigh(side: CompiledSide, answers: Answers): Side {
  const forYes: Reason[] = []
  const forNo: Reason[] = []
  for (const literal of side.literals) answers.weigh(literal, forYes, forNo)
  weighConjunctions(side, answers, forYes, forNo)
  const holds = forYes.length > 0
  return { holds, reasons: inOrder(holds ? forYes : forNo) }
}

/**
 * A literal that is false makes every conjunction false that it is in, so its reason counts whatever else is in
 * there. One that is true counts only if all the others of some conjunction are.
 */
function weighConjunctions(
  { conjuncts, conjunctions }: CompiledSide,
  answers: Answers,
  forYes: Reason[],
  forNo: Reason[],
): void {
  const isTrue = new Uint8Array(2 * answers.count)
  for (const literal of conjuncts) {
    if (answers.weigh(literal, undefined, forNo)) isTrue[literal] = 1
  }
  for (let start = 0; start < conjunctions.length;) {
    const end = start + 1 + (conjunctions[start] ?? 0)
    let at = start + 1
    while (at < end && isTrue[conjunctions[at] ?? 0] === 1) at++
    if (at === end) conjunctions.subarray(start + 1, end).forEach((literal) => answers.weigh(literal, forYes, forNo))
    start = end
  }
}
