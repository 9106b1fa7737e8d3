import { criterionKinds } from './criteria/registry.ts'
import { describe, isMapping, oneOf } from './grammar/describe.ts'
import { didYouMean } from './grammar/did-you-mean.ts'
import { parseCriterion, type Reading } from './grammar/parse-criterion.ts'
import {
  operators,
  type Action,
  type Block,
  type Operator,
  type Path,
  type Policy,
  type PolicyIssue,
  type Rule,
} from './policy.ts'

export interface ParseOptions {
  /** Put before every path, so that it starts where the caller's document does. */
  readonly at?: Path
  /** Which claim holds a person's groups. */
  readonly groupsClaim?: string
  /** Somebody is allowed by other means, so this policy may consist of `deny` rules. */
  readonly allowedElsewhere?: boolean
}

export type ParseResult =
  | { readonly kind: 'ok'; readonly policy: Policy }
  | { readonly kind: 'invalid'; readonly issues: readonly PolicyIssue[] }

const actions: readonly Action[] = ['allow', 'deny']

/**
 * Reads a policy document: one rule, or a list of rules. Everything that is wrong with it comes back at once. What
 * would be true or false about everybody by accident (an empty list, an empty rule, a misspelt word) is wrong.
 */
export function parsePolicy(document: unknown, options: ParseOptions = {}): ParseResult {
  const { at = [], groupsClaim = 'groups', allowedElsewhere = false } = options
  const issues: PolicyIssue[] = []
  const reading: Reading = {
    groupsClaim,
    problem: (path, message) => void issues.push({ path, message }),
  }
  const rules = parseRules(document, at, reading)
  if (issues.length === 0 && rules.length > 0 && !allowedElsewhere && !rules.some((rule) => rule.action === 'allow')) {
    issues.push({ path: at, message: 'no rule allows anybody: a policy with only "deny" rules refuses everybody' })
  }
  return issues.length > 0 ? { kind: 'invalid', issues } : { kind: 'ok', policy: { rules } }
}

function parseRules(document: unknown, path: Path, reading: Reading): readonly Rule[] {
  if (Array.isArray(document)) {
    return document.flatMap((item: unknown, index) => parseRule(item, [...path, index], reading))
  }
  return parseRule(document, path, reading)
}

/** One object of the list: its keys are actions, each of which makes a rule. */
function parseRule(item: unknown, path: Path, reading: Reading): readonly Rule[] {
  if (!isMapping(item) || Object.keys(item).length === 0) {
    reading.problem(path, `expected a rule, an object with ${oneOf(actions)}, but found ${describe(item)}`)
    return []
  }
  return Object.entries(item).flatMap(([key, value]) => {
    const action = actions.find((name) => name === key)
    if (action !== undefined) return parseAction(action, value, [...path, key], reading)
    reading.problem([...path, key], `unknown action "${key}"; a rule has ${oneOf(actions)}${actionHint(key)}`)
    return []
  })
}

function actionHint(key: string): string {
  if (operators.some((operator) => operator === key)) return `; "${key}" goes inside one of them`
  const [name = ''] = key.split('/')
  if (criterionKinds.has(name)) return `; the criterion "${name}" goes into a list inside one of them`
  return didYouMean(key, actions)
}

function parseAction(action: Action, value: unknown, path: Path, reading: Reading): readonly Rule[] {
  if (!isMapping(value) || Object.keys(value).length === 0) {
    const hint = Array.isArray(value) ? `; put the list under ${oneOf(operators)}` : ''
    reading.problem(path, `expected an object with ${oneOf(operators)}, but found ${describe(value)}${hint}`)
    return []
  }
  const blocks = Object.entries(value).flatMap(([key, list]) => {
    if (key === 'action') return checkStrayAction(action, list, [...path, key], reading)
    const operator = operators.find((name) => name === key)
    if (operator !== undefined) return parseBlock(operator, list, [...path, key], reading)
    const [name = ''] = key.split('/')
    const hint = criterionKinds.has(name)
      ? `; the criterion "${name}" goes into a list under one of them`
      : didYouMean(key, operators)
    reading.problem([...path, key], `unknown operator "${key}"; expected ${oneOf(operators)}${hint}`)
    return []
  })
  if (Object.keys(value).every((key) => key === 'action')) {
    reading.problem(path, `expected ${oneOf(operators)}: the rule has no criteria`)
  }
  return [{ action, path, blocks }]
}

/** Pomerium writes and ignores an `action` inside the rule. One that contradicts the rule is not ignored here. */
function checkStrayAction(action: Action, value: unknown, path: Path, reading: Reading): readonly Block[] {
  if (value !== action) reading.problem(path, `"action" contradicts the rule, which is "${action}"; leave it out`)
  return []
}

function parseBlock(operator: Operator, list: unknown, path: Path, reading: Reading): readonly Block[] {
  if (!Array.isArray(list) || list.length === 0) {
    reading.problem(path, `expected a list of criteria, but found ${describe(list)}`)
    return []
  }
  const criteria = list.map((item: unknown, index) => parseCriterion(item, [...path, index], reading))
  return [{ operator, path, criteria: criteria.filter((criterion) => criterion !== undefined) }]
}
