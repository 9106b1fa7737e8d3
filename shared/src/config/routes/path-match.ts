import { RegexSyntaxError, compileRegex } from '../../regex/re2.ts'
import type { ConfigPath } from '../config-issue.ts'
import type { RouteValues } from '../keys/route-keys.ts'
import type { PathMatch } from '../model.ts'
import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'

/** The first of regex, path and prefix counts, as in Pomerium; more than one is worth a warning. */
export function readPathMatch(values: RouteValues, path: ConfigPath, report: Report): PathMatch {
  const given = (['regex', 'path', 'prefix'] as const).filter((key) => values[key] !== undefined)
  for (const ignored of given.slice(1)) {
    report.warning([...path, ignored], `has no effect beside ${given[0] ?? ''}, which counts alone`)
  }
  if (values.regex !== undefined) return readRegex(values.regex, [...path, 'regex'], report)
  for (const key of ['path', 'prefix'] as const) {
    const text = values[key]
    if (text !== undefined) checkPath(text, [...path, key], report)
  }
  if (values.path !== undefined) return { kind: 'path', path: values.path }
  if (values.prefix !== undefined && values.prefix !== '/') return { kind: 'prefix', prefix: values.prefix }
  return { kind: 'any' }
}

function readRegex(regex: string, path: ConfigPath, report: Report): PathMatch {
  try {
    compileRegex(regex)
  } catch (error) {
    if (!(error instanceof RegexSyntaxError)) throw error
    const where = error.offset === undefined ? '' : ` at character ${String(error.offset + 1)}`
    report.error(path, `not an RE2 expression: ${error.message}${where}`)
  }
  if (/^\^?[^/^(.[\\]/.test(regex))
    report.warning(path, 'matches the whole path, which always begins with "/"; this cannot match')
  return { kind: 'regex', regex }
}

function checkPath(text: string, path: ConfigPath, report: Report): void {
  if (!text.startsWith('/')) report.error(path, `${quote(text)} cannot match; expected a path that begins with "/"`)
  else if (/[?#]/.test(text)) report.error(path, 'only the path is compared; leave out "?" and "#"')
  else if (/\/\/|\/\.\.?(?:\/|$)|\\|%2f|%5c/i.test(text)) {
    report.error(
      path,
      'cannot match, because paths are normalised before they are compared ("//", "/./", "/../" and escaped slashes do not remain)',
    )
  } else if (asCompared(text) !== text) {
    report.error(path, `cannot match: a path is compared in its usual spelling; write ${quote(asCompared(text))}`)
  }
}

/** As the proxy spells the path of every request: escaped is what needs it, in upper case, and nothing else (RFC 3986 §6.2.2). */
function asCompared(text: string): string {
  const escape = (character: string): string =>
    Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '%$&')
  return text.replace(/[^\x21-\x7e]/gu, escape).replace(/%([0-9a-f]{2})/gi, (whole, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    return /[\w.~-]/.test(character) ? character : whole.toUpperCase()
  })
}
