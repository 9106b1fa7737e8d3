import { unauthenticated } from './criteria/criterion-kind.ts'
import type { Action, Block, Criterion, Lookup, Policy, Verdict } from './policy.ts'
import type { Question } from './question.ts'

/** A policy made ready for many decisions. */
export interface CompiledPolicy {
  /** What it was compiled from, for explanations. */
  readonly policy: Policy
  readonly allow: CompiledSide
  readonly deny: CompiledSide
}

/**
 * All rules of one action in a form with two levels: it holds when some literal holds or all literals of some
 * conjunction do. Rules, their blocks, `or` and `nor` are all or-ed, so they become one flat list.
 */
export interface CompiledSide {
  readonly literals: readonly Literal[]
  readonly conjunctions: readonly (readonly Literal[])[]
}

/** A criterion that is wanted to be true, or wanted to be false (`not`, `nor`). */
export interface Literal {
  readonly wanted: boolean
  test(question: Question): Verdict
}

interface SourceLiteral {
  readonly wanted: boolean
  readonly criterion: Criterion
}

/** Compiles a policy. The compiled form gives the decisions and reasons that the rules as written give. */
export function compilePolicy(policy: Policy): CompiledPolicy {
  return { policy, allow: compileSide(policy, 'allow'), deny: compileSide(policy, 'deny') }
}

function compileSide(policy: Policy, action: Action): CompiledSide {
  const blocks = policy.rules.filter((rule) => rule.action === action).flatMap((rule) => rule.blocks)
  const isFlat = (block: Block): boolean =>
    block.operator === 'or' || block.operator === 'nor' || block.criteria.length === 1
  return {
    literals: joinLookups(blocks.filter(isFlat).flatMap(literalsOf), true),
    conjunctions: blocks.filter((block) => !isFlat(block)).map((block) => joinLookups(literalsOf(block), false)),
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
function joinLookups(literals: readonly SourceLiteral[], disjunction: boolean): readonly Literal[] {
  const rest: Literal[] = []
  const lookups = new Map<Lookup['fact'], Lookup[]>()
  for (const { wanted, criterion } of literals) {
    const { lookup } = criterion
    if (lookup === undefined || wanted !== disjunction) {
      rest.push(literal(wanted, criterion))
      continue
    }
    const group = lookups.get(lookup.fact) ?? []
    group.push(lookup)
    lookups.set(lookup.fact, group)
  }
  const joined = [...lookups.values()].map((group) => literal(disjunction, { test: lookupTest(group) }))
  return [...joined, ...rest]
}

function literal(wanted: boolean, { test }: Pick<Criterion, 'test'>): Literal {
  return { wanted, test }
}

function lookupTest(group: readonly Lookup[]): Literal['test'] {
  const [first] = group
  if (first === undefined) throw new TypeError('A lookup of nothing.')
  const { fact, found, missing } = first
  const values = new Set(group.flatMap((lookup) => lookup.values))
  return (question) => {
    if (question.identity === undefined) return unauthenticated
    return values.has(question[fact]) ? found : missing
  }
}
