import { RegexSyntaxError, compileReplacement } from '../../regex/re2.ts'
import type { ConfigPath } from '../config-issue.ts'
import { quote } from '../read/describe-found.ts'
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
  else checkLiteral(values.prefix_rewrite ?? '', inPath, [...path, 'prefix_rewrite'], report)
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
  const literal = substitution.replaceAll(/\\[0-9]/g, '').replaceAll('\\\\', '\\')
  checkLiteral(literal, key === 'regex_rewrite' ? inPath : inHost, [...path, `${key}_substitution`], report)
}

interface Place {
  readonly name: string
  readonly illegal: RegExp
}

/** What may stand on the wire; the proxy refuses a request whose rewritten path or host holds anything else. */
const inPath: Place = { name: 'path', illegal: /[^\x21\x22\x24-\x3e\x40-\x5b\x5d-\x7e]/u }
const inHost: Place = { name: 'host', illegal: /[^\w.:[\]-]/u }

/** Text that would make every request fail is a mistake now, not then. */
function checkLiteral(text: string, { name, illegal }: Place, path: ConfigPath, report: Report): void {
  const [found] = illegal.exec(text) ?? []
  if (found === undefined) return
  const advice = found === '?' && name === 'path' ? '; the query stays as it came and cannot be rewritten' : ''
  report.error(path, `${quote(found)} cannot stand in a ${name}${advice}`)
}
