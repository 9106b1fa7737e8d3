import type { ClaimValue } from '@postern/shared/vocabulary/identity.ts'
import { unauthenticated } from './criteria/criterion-kind.ts'
import type { Action, Block, Criterion, Lookup, Membership, Policy } from './policy.ts'
import type { Members } from './facts/members.ts'
import type { Question } from './question.ts'
import type { Verdict } from './verdict.ts'

/** A policy made ready for many decisions. */
export interface CompiledPolicy {
  /** What it was compiled from, for explanations. */
  readonly policy: Policy
  /** Every different thing that is asked, once, however many rules ask it. */
  readonly tests: readonly Test[]
  /** Tests of which many are answered together. */
  readonly batches: readonly Batch[]
  readonly allow: CompiledSide
  readonly deny: CompiledSide
  /** Where one decision at a time keeps its notes: memory outside the heap is dear to ask for at every request. */
  readonly notes: DecisionNotes
}

export interface DecisionNotes {
  /** By test. */
  readonly codes: Uint8Array
  /** By literal. */
  readonly isTrue: Uint8Array
}

export type Test = (question: Question) => Verdict

/** Tests that each ask whether a value is among the same ones. */
export interface Batch {
  readonly tests: readonly number[]
  /** The tests that ask for each value. */
  readonly byValue: ReadonlyMap<ClaimValue, readonly number[]>
  readonly found: Verdict
  readonly missing: Verdict
  /** Of nobody there is nothing to be looked up. */
  readonly isAboutPerson: boolean
  readonly members: (question: Question) => Members
}

/** Fewer are answered one by one. */
const worthABatch = 8

/**
 * All rules of one action in a form with two levels: it holds when some literal holds or all literals of some
 * conjunction do. Rules, their blocks, `or` and `nor` are all or-ed, so they become one flat list. Everything is
 * numbers, close together: a thousand rules are looked through for each request.
 */
export interface CompiledSide {
  readonly literals: readonly Literal[]
  /** Each conjunction: how many literals, then the literals. */
  readonly conjunctions: Int32Array
  /** The literals of the conjunctions, each once. */
  readonly conjuncts: readonly Literal[]
}

/** Twice the index of a test, plus one where the test is wanted to be false (`not`, `nor`). */
export type Literal = number

function literal(test: number, wanted: boolean): Literal {
  return test * 2 + (wanted ? 0 : 1)
}

interface SourceLiteral {
  readonly wanted: boolean
  readonly criterion: Criterion
}

/** Compiles a policy. The compiled form gives the decisions and reasons that the rules as written give. */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const tests = new TestTable()
  const allow = compileSide(policy, 'allow', tests)
  const deny = compileSide(policy, 'deny', tests)
  const count = tests.all.length
  const notes = { codes: new Uint8Array(count), isTrue: new Uint8Array(2 * count) }
  return { policy, tests: tests.all, batches: tests.batches(), allow, deny, notes }
}

interface PlacedMembership {
  readonly membership: Membership
  readonly place: number
}

function batchOf(members: readonly PlacedMembership[]): Batch {
  const [first] = members
  if (first === undefined) throw new TypeError('A batch of nothing.')
  const { found, missing, members: membersFor } = first.membership
  const byValue = Map.groupBy(members, ({ membership }) => membership.value)
  return {
    tests: members.map(({ place }) => place),
    byValue: new Map([...byValue].map(([value, same]) => [value, same.map(({ place }) => place)])),
    found,
    missing,
    isAboutPerson: first.membership.isAboutPerson,
    members: membersFor,
  }
}

class TestTable {
  readonly all: Test[] = []
  readonly #known = new Map<string, number>()
  readonly #memberships: PlacedMembership[] = []

  /** The place of the criterion's test; criteria that ask the same share it. */
  of(criterion: Criterion): number {
    const known = this.#known.get(criterion.sameAs)
    if (known !== undefined) return known
    const { lookup, membership } = criterion
    const place = this.add(lookup === undefined ? criterion.test : lookupTest([lookup]))
    this.#known.set(criterion.sameAs, place)
    if (membership !== undefined) this.#memberships.push({ membership, place })
    return place
  }

  batches(): readonly Batch[] {
    const byList = Map.groupBy(this.#memberships, ({ membership }) => membership.of)
    return [...byList.values()].filter(({ length }) => length >= worthABatch).map(batchOf)
  }

  add(test: Test): number {
    return this.all.push(test) - 1
  }
}

function compileSide(policy: Policy, action: Action, tests: TestTable): CompiledSide {
  const blocks = policy.rules.filter((rule) => rule.action === action).flatMap((rule) => rule.blocks)
  const isFlat = (block: Block): boolean =>
    block.operator === 'or' || block.operator === 'nor' || block.criteria.length === 1
  const conjunctions = blocks
    .filter((block) => !isFlat(block))
    .map((block) => joinLookups(literalsOf(block), false, tests))
  return {
    literals: joinLookups(blocks.filter(isFlat).flatMap(literalsOf), true, tests),
    conjunctions: Int32Array.from(conjunctions.flatMap((literals) => [literals.length, ...literals])),
    conjuncts: [...new Set(conjunctions.flat())],
  }
}

function literalsOf({ operator, criteria }: Block): readonly SourceLiteral[] {
  const wanted = operator === 'and' || operator === 'or'
  return criteria.map((criterion) => ({ wanted, criterion }))
}

/**
 * "Is one of these" asked a thousand times becomes one set. Only where that is the same question: several such
 * criteria that are wanted in a disjunction, or unwanted in a conjunction. All of one kind give the same reasons.
 */
function joinLookups(literals: readonly SourceLiteral[], disjunction: boolean, tests: TestTable): readonly Literal[] {
  const rest: Literal[] = []
  const lookups = new Map<Lookup['fact'], Lookup[]>()
  for (const { wanted, criterion } of literals) {
    const { lookup } = criterion
    if (lookup === undefined || wanted !== disjunction) {
      rest.push(literal(tests.of(criterion), wanted))
      continue
    }
    const group = lookups.get(lookup.fact) ?? []
    group.push(lookup)
    lookups.set(lookup.fact, group)
  }
  const joined = [...lookups.values()].map((group) => literal(tests.add(lookupTest(group)), disjunction))
  return [...joined, ...rest]
}

function lookupTest(group: readonly Lookup[]): Test {
  const [first] = group
  if (first === undefined) throw new TypeError('A lookup of nothing.')
  const { fact, found, missing } = first
  const values = new Set(group.flatMap((lookup) => lookup.values))
  return (question) => {
    if (question.identity === undefined) return unauthenticated
    return values.has(question[fact]) ? found : missing
  }
}
