import type { ConfigIssue } from '../config-issue.ts'
import { parseConfigDocument } from './config-document.ts'
import type { ParsedDocument } from './config-document.ts'

/** `POLICY` and `ROUTES`: the base64, wrapped or not, of a YAML or JSON list of routes. */
export function parseRouteListVariable(variable: string, text: string): ParsedDocument {
  const compact = text.replace(/\s+/g, '')
  if (looksLikeYaml(text)) {
    const make = `${variable}=$(base64 < ${variable.toLowerCase()}.yaml)`
    return invalid(variable, `expected the base64 of a YAML list of routes; this looks like plain YAML: ${make}`)
  }
  if (compact.includes(',')) return invalid(variable, 'expected one base64 text; found several, separated by commas')
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(compact) && compact.length % 4 !== 0) {
    const cut = 'this text is cut short: its length is no multiple of four'
    return invalid(variable, `expected the base64 of a YAML list of routes; ${cut}`)
  }
  if (!isBase64(compact)) return invalid(variable, 'expected the base64 of a YAML list of routes')
  const bytes = Buffer.from(compact, 'base64')
  const decoded = bytes.toString('utf8')
  if (!Buffer.from(decoded, 'utf8').equals(bytes)) return invalid(variable, 'the base64 text does not hold UTF-8')
  const parsed = parseConfigDocument(`$${variable}`, decoded)
  if (parsed.kind === 'ok' && !Array.isArray(parsed.document.data)) {
    return invalid(variable, 'expected a list of routes inside the base64 text ("- from: …"), without a key above it')
  }
  return parsed
}

/** A list, or a key with a value: base64 has neither dash nor colon. */
function looksLikeYaml(text: string): boolean {
  return /^\s*(?:-\s|\[|[\w-]+:(?:\s|$))/m.test(text)
}

/** Standard alphabet, padded. */
export function isBase64(text: string): boolean {
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
}

function invalid(variable: string, message: string): ParsedDocument {
  const issue: ConfigIssue = {
    severity: 'error',
    path: [variable.toLowerCase()],
    message,
    file: `$${variable}`,
    line: 0,
    column: 0,
  }
  return { kind: 'invalid', issues: [issue] }
}
