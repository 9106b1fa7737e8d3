import type { Cause, ExplainedBlock, ExplainedCriterion, ExplainedRule, Explanation } from './explain.ts'
import type { Path } from './policy.ts'

/** Where something stands, for people: `config.yaml:12:7`. */
export type DescribePath = (path: Path) => string

const causes: Readonly<Record<Cause, string>> = {
  'client-certificate': 'no valid client certificate came, and a deny rule asks for one before anything else',
  'not-signed-in': 'nobody is signed in, and a criterion about people has a say',
  'a-deny-rule-is-true': 'a deny rule is true, and no allow rule outweighs that',
  'an-allow-rule-is-true': 'an allow rule is true, and no deny rule is',
  'no-allow-rule-is-true': 'no allow rule is true',
}

const operatorWords = { and: 'all of', or: 'one of', not: 'none of', nor: 'not all of' } as const

/** Longer values are cut: a person may be in hundreds of groups. */
const widestValue = 48

/** The decision in one line: `deny (403): no allow rule is true`. */
export function verdictLine({ decision, cause, rules }: Explanation): string {
  const outcome = decision.kind === 'deny' ? `deny (${decision.status})` : decision.kind
  return `${outcome}: ${rules.length === 0 ? 'the route has no rules, so nobody may' : causes[cause]}`
}

/** Every rule with every criterion, for people. `>` marks the criteria whose reasons count. */
export function ruleLines(
  { rules }: Pick<Explanation, 'rules'>,
  at: DescribePath = (path) => path.join('.'),
): readonly string[] {
  return rules.flatMap((rule) => ['', ...linesOfRule(rule, at)])
}

/** The criteria that made the decision, in the order of the document. */
export function decidingCriteria({ rules, decidedBy }: Explanation): readonly ExplainedCriterion[] {
  const wanted = new Set(decidedBy)
  const all = rules.flatMap(({ blocks }) => blocks.flatMap(({ criteria }) => criteria))
  return all.filter(({ path }) => wanted.has(path))
}

/** Two spaces before, two between, none at the end. */
export function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}

function linesOfRule({ action, path, holds, blocks }: ExplainedRule, at: DescribePath): readonly string[] {
  return [`${action} is ${String(holds)}, ${at(path)}`, ...blocks.flatMap(linesOfBlock)]
}

function linesOfBlock({ operator, holds, criteria }: ExplainedBlock): readonly string[] {
  const rows = criteria.map((criterion) => [
    criterion.counts ? '>' : ' ',
    criterion.holds ? 'yes' : 'no',
    criterion.summary,
    'compared' in criterion ? cut(JSON.stringify(criterion.compared)) : '',
    criterion.reason,
  ])
  const head = `  ${operator} (${operatorWords[operator]}) is ${String(holds)}`
  return [head, ...inColumns(rows).map((line) => `  ${line}`)]
}

function cut(text: string): string {
  return text.length > widestValue ? `${text.slice(0, widestValue - 1)}…` : text
}

/** The whole explanation, for the page that refuses somebody. */
export function explanationText(explanation: Explanation): string {
  return [verdictLine(explanation), ...ruleLines(explanation)].join('\n')
}
