import type { Cause, ExplainedBlock, ExplainedRule } from '@postern/authorize/policy/explain.ts'
import type { Path } from '@postern/authorize/policy/policy.ts'
import { describePlace } from '@postern/shared/config/config-issue.ts'
import { beforePolicy, type ExplainedRequest } from './explain-request.ts'
import { decidingCriteria, type Locate } from './explained-json.ts'

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

/** What `postern explain` prints: the decision, what made it, then every rule with every criterion. */
export function toText(explained: ExplainedRequest, about: string, locate: Locate): string {
  if (explained.kind === 'no-policy') {
    const { outcome, status, says } = beforePolicy[explained.why]
    return [`${outcome === 'deny' ? `deny (${String(status)})` : outcome}: ${says}`, `  ${about}`].join('\n')
  }
  const { route, explanation } = explained
  const { decision, cause, rules } = explanation
  const at = (path: Path): string => describePlace(locate(path))
  const outcome = decision.kind === 'deny' ? `deny (${String(decision.status)})` : decision.kind
  const deciding = decidingCriteria(rules, explanation.decidedBy)
  return [
    `${outcome}: ${rules.length === 0 ? 'the route has no rules, so nobody may' : causes[cause]}`,
    `  ${about}`,
    `  route ${route.name ?? route.from.host} at ${route.source}`,
    ...(deciding.length === 0 ? [] : ['', 'Decided by']),
    ...columns(deciding.map(({ path, summary, reason }) => [at(path), summary, reason])),
    ...rules.flatMap((rule) => ['', ...ruleLines(rule, at)]),
  ].join('\n')
}

function ruleLines({ action, path, holds, blocks }: ExplainedRule, at: (path: Path) => string): readonly string[] {
  return [`${action} is ${String(holds)}, ${at(path)}`, ...blocks.flatMap(blockLines)]
}

function blockLines({ operator, holds, criteria }: ExplainedBlock): readonly string[] {
  const rows = criteria.map((criterion) => [
    criterion.counts ? '>' : ' ',
    criterion.holds ? 'yes' : 'no',
    criterion.summary,
    'compared' in criterion ? cut(JSON.stringify(criterion.compared)) : '',
    criterion.reason,
  ])
  return [`  ${operator} (${operatorWords[operator]}) is ${String(holds)}`, ...columns(rows).map((line) => `  ${line}`)]
}

function cut(text: string): string {
  return text.length > widestValue ? `${text.slice(0, widestValue - 1)}…` : text
}

/** Two spaces before, two between, none at the end. */
function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
