import type { Cause, ExplainedRule } from '@postern/authorize/policy/explain.ts'
import { decidingCriteria } from '@postern/authorize/policy/explanation-text.ts'
import type { Path } from '@postern/authorize/policy/policy.ts'
import { describePlace } from '@postern/shared/config/config-issue.ts'
import type { LoadResult } from '@postern/shared/config/load-config.ts'
import type { Decision, Reason } from '@postern/shared/vocabulary/decision.ts'
import { beforePolicy, type ExplainedRequest } from './explain-request.ts'

export type Locate = Extract<LoadResult, { kind: 'ok' }>['locate']

/** What `postern explain --json` prints. Fields are only ever added. */
export interface ExplainedJson {
  readonly outcome: Decision['kind']
  /** The HTTP status of a refusal. */
  readonly status?: number
  readonly reasons: readonly Reason[]
  readonly cause: Cause | keyof typeof beforePolicy
  readonly route?: { readonly id: string; readonly name?: string; readonly at: string }
  /** The criteria that made the decision. */
  readonly decidedBy: readonly { readonly at: string; readonly path: string; readonly summary: string }[]
  readonly allow?: { readonly holds: boolean; readonly reasons: readonly Reason[] }
  readonly deny?: { readonly holds: boolean; readonly reasons: readonly Reason[] }
  readonly rules: readonly unknown[]
}

export function toJson(explained: ExplainedRequest, locate: Locate): ExplainedJson {
  if (explained.kind === 'no-policy') {
    const { outcome, status } = beforePolicy[explained.why]
    const reasons: Reason[] = explained.why === 'route-not-found' ? ['route-not-found'] : []
    return { outcome, ...(outcome === 'deny' && { status }), reasons, cause: explained.why, decidedBy: [], rules: [] }
  }
  const { route, explanation } = explained
  const { decision, cause, allow, deny, rules } = explanation
  const at = (path: Path): string => describePlace(locate(path))
  return {
    outcome: decision.kind,
    ...(decision.kind === 'deny' && { status: decision.status }),
    reasons: decision.reasons,
    cause,
    route: { id: route.id, ...(route.name !== undefined && { name: route.name }), at: route.source },
    decidedBy: decidingCriteria(explanation).map(({ path, summary }) => ({
      at: at(path),
      path: path.join('.'),
      summary,
    })),
    allow,
    deny,
    rules: rules.map((rule) => ruleToJson(rule, at)),
  }
}

function ruleToJson({ action, path, holds, blocks }: ExplainedRule, at: (path: Path) => string): unknown {
  return {
    action,
    at: at(path),
    path: path.join('.'),
    holds,
    blocks: blocks.map((block) => ({
      operator: block.operator,
      at: at(block.path),
      path: block.path.join('.'),
      holds: block.holds,
      criteria: block.criteria.map((criterion) => ({
        ...criterion,
        at: at(criterion.path),
        path: criterion.path.join('.'),
      })),
    })),
  }
}
