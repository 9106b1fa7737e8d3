import type { Decision } from '@postern/shared/vocabulary/decision.ts'
import type { Identity } from '@postern/shared/vocabulary/identity.ts'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import type { Batch, CompiledPolicy, CompiledSide, Literal, Test } from './compile-policy.ts'
import { unauthenticated } from './criteria/criterion-kind.ts'
import { selectOutcome, type Side } from './outcome.ts'
import { Question } from './question.ts'
import { ReasonSet, type Verdict } from './verdict.ts'

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
  const answers = new Answers(policy, new Question(facts, identity, now))
  const allow = weigh(policy.allow, answers)
  const deny = weigh(policy.deny, answers)
  return { decision: selectOutcome(allow, deny), allow, deny }
}

/** The verdicts about one question; no test runs twice. */
class Answers {
  readonly #tests: readonly Test[]
  readonly #question: Question
  /** By test: 0 where it has not been asked, else `codeOf` its verdict. */
  readonly #codes: Uint8Array

  /** By literal: whether it is known to be true. */
  readonly isTrue: Uint8Array

  constructor({ tests, batches, notes }: CompiledPolicy, question: Question) {
    this.#tests = tests
    this.#question = question
    this.#codes = notes.codes.fill(0)
    this.isTrue = notes.isTrue.fill(0)
    for (const batch of batches) this.#answer(batch)
  }

  /** Whether a literal is true. Notes its reason on that side. */
  weigh(literal: Literal, forYes: ReasonSet | undefined, forNo: ReasonSet): boolean {
    const code = this.#codes[literal >> 1] || this.#ask(literal >> 1)
    const isTrue = (code & 1) !== (literal & 1)
    const reasons = isTrue ? forYes : forNo
    reasons?.add((code >> 1) - 1)
    return isTrue
  }

  #ask(index: number): number {
    const test = this.#tests[index]
    if (test === undefined) throw new RangeError('A literal without its test.')
    return (this.#codes[index] = codeOf(test(this.#question)))
  }

  /** Looks each member up among the tests, or each test among the members, whichever are fewer. */
  #answer({ tests, byValue, found, missing, isAboutPerson, members }: Batch): void {
    const isNobody = isAboutPerson && this.#question.identity === undefined
    const code = codeOf(isNobody ? unauthenticated : missing)
    for (const test of tests) this.#codes[test] = code
    if (isNobody) return
    const known = members(this.#question)
    const hits = codeOf(found)
    if (known.size < byValue.size) {
      for (const value of known.values()) for (const test of byValue.get(value) ?? none) this.#codes[test] = hits
    } else {
      for (const [value, same] of byValue) if (known.has(value)) for (const test of same) this.#codes[test] = hits
    }
  }
}

const none: readonly number[] = []

function codeOf({ holds, place }: Verdict): number {
  return (place + 1) * 2 + Number(holds)
}

/** Reasons that are true explain a yes, reasons that are false a no. Which it is, is known only at the end. */
function weigh(side: CompiledSide, answers: Answers): Side {
  const forYes = new ReasonSet()
  const forNo = new ReasonSet()
  let holds = false
  for (const literal of side.literals) if (answers.weigh(literal, forYes, forNo)) holds = true
  if (side.conjuncts.length > 0 && weighConjunctions(side, answers, forYes, forNo)) holds = true
  return { holds, reasons: holds ? forYes.list : forNo.list }
}

/**
 * A literal that is false makes every conjunction false that it is in, so its reason counts whatever else is in
 * there. One that is true counts only if all the others of some conjunction are.
 */
function weighConjunctions(
  { conjuncts, conjunctions }: CompiledSide,
  answers: Answers,
  forYes: ReasonSet,
  forNo: ReasonSet,
): boolean {
  const { isTrue } = answers
  for (const literal of conjuncts) {
    if (answers.weigh(literal, undefined, forNo)) isTrue[literal] = 1
  }
  let holds = false
  for (let start = 0; start < conjunctions.length;) {
    const end = start + 1 + (conjunctions[start] ?? 0)
    let at = start + 1
    while (at < end && isTrue[conjunctions[at] ?? 0] === 1) at++
    if (at === end) {
      holds = true
      conjunctions.subarray(start + 1, end).forEach((literal) => answers.weigh(literal, forYes, forNo))
    }
    start = end
  }
  return holds
}
