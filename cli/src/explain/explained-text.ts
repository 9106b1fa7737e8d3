import {
  decidingCriteria,
  inColumns,
  ruleLines,
  verdictLine,
  type DescribePath,
} from '@postern/authorize/policy/explanation-text.ts'
import { describePlace } from '@postern/shared/config/config-issue.ts'
import type { ProxyRoute } from '@postern/shared/config/model.ts'
import { beforePolicy, type ExplainedRequest } from './explain-request.ts'
import type { Locate } from './explained-json.ts'

/** What `postern explain` prints: the decision, what made it, then every rule with every criterion. */
export function toText(explained: ExplainedRequest, about: string, locate: Locate): string {
  if (explained.kind === 'no-policy') {
    const { outcome, status, says } = beforePolicy[explained.why]
    return `${outcome === 'deny' ? `deny (${String(status)})` : outcome}: ${says}\n  ${about}`
  }
  const { route, explanation } = explained
  const at: DescribePath = (path) => describePlace(locate(path))
  const deciding = decidingCriteria(explanation)
  return [
    verdictLine(explanation),
    `  ${about}`,
    `  route ${route.name ?? route.from.host} at ${route.source}${answerOf(route)}`,
    ...(deciding.length === 0 ? [] : ['', 'Decided by']),
    ...inColumns(deciding.map(({ path, summary, reason }) => [at(path), summary, reason])),
    ...ruleLines(explanation, at),
  ].join('\n')
}

/** What such a route does with whoever may; all others forward. */
function answerOf({ answer }: ProxyRoute): string {
  switch (answer?.kind) {
    case 'redirect':
      return `, which redirects (${String(answer.status)})`
    case 'response':
      return `, which answers ${String(answer.status)} itself`
    case undefined:
      return ''
  }
}
