import { RegexSyntaxError, compileReplacement } from '../../regex/re2.ts'
import type { RegexRewrite } from '../route-options.ts'
import type { Report } from '../read/report.ts'
import type { RouteDraft } from './route-draft.ts'

type RewriteKey = 'regex_rewrite' | 'host_path_regex_rewrite'

/** A pattern and its substitution, which go together. Mistakes are `checkRewrites`'. */
export function rewriteOf({ values }: Pick<RouteDraft, 'values'>, key: RewriteKey): RegexRewrite | undefined {
  const pattern = values[`${key}_pattern`]
  const substitution = values[`${key}_substitution`]
  return pattern === undefined || substitution === undefined ? undefined : { pattern, substitution }
}

/** Rewrites of the path and of the host: halves, contradictions, expressions that cannot be read. */
export function checkRewrites(route: RouteDraft, report: Report): void {
  const { values, path } = route
  checkRewrite(route, 'regex_rewrite', report)
  checkRewrite(route, 'host_path_regex_rewrite', report)
  if (values.prefix_rewrite !== undefined && values.regex_rewrite_pattern !== undefined)
    report.error([...path, 'regex_rewrite_pattern'], 'contradicts prefix_rewrite; keep one of the two', 'key')
  if (values.prefix_rewrite !== undefined && !values.prefix_rewrite.startsWith('/'))
    report.error([...path, 'prefix_rewrite'], 'expected a path that begins with "/"')
  const hostKeys = (
    ['host_rewrite', 'host_rewrite_header', 'host_path_regex_rewrite_pattern', 'preserve_host_header'] as const
  ).filter((key) => values[key] !== undefined && values[key] !== false)
  for (const key of hostKeys.slice(1))
    report.warning([...path, key], `has no effect beside ${hostKeys[0] ?? ''}`, 'key')
}

function checkRewrite({ values, path }: RouteDraft, key: RewriteKey, report: Report): void {
  const pattern = values[`${key}_pattern`]
  const substitution = values[`${key}_substitution`]
  if (pattern === undefined && substitution === undefined) return
  if (pattern === undefined || substitution === undefined) {
    const given = pattern === undefined ? 'substitution' : 'pattern'
    const missing = pattern === undefined ? 'pattern' : 'substitution'
    report.error([...path, `${key}_${given}`], `needs ${key}_${missing} beside it`, 'key')
    return
  }
  try {
    compileReplacement(pattern, substitution)
  } catch (error) {
    if (!(error instanceof RegexSyntaxError)) throw error
    report.error([...path, `${key}_pattern`], `not an RE2 expression with its substitution: ${error.message}`)
  }
}
