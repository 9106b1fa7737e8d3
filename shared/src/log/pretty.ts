import type { ErrorDescription } from './describe-error.ts'

const styles = { dim: [2, 22], red: [31, 39], yellow: [33, 39], cyan: [36, 39], bold: [1, 22] } as const
type Style = keyof typeof styles

const severityWords: Readonly<Record<string, readonly [word: string, style: Style]>> = {
  DEBUG: ['debug', 'dim'],
  INFO: ['info ', 'cyan'],
  WARNING: ['warn ', 'yellow'],
  ERROR: ['error', 'red'],
}

export interface PrettyOptions {
  readonly color: boolean
  readonly stacks: boolean
}

/**
 * One JSON log line as a person reads it: time, level, service, message, then the fields. An exception of ours is
 * one more field, because its code says all there is to do about it; any other, or all with `stacks`, on lines of its own.
 */
export function formatForPeople(line: string, { color, stacks }: PrettyOptions): string {
  const { severity, time, service, message, error, ...fields } = JSON.parse(line) as Record<string, unknown>
  const paint = (style: Style, text: string): string =>
    color ? `\u001B[${styles[style][0]}m${text}\u001B[${styles[style][1]}m` : text
  const [word, style] = severityWords[String(severity)] ?? ['     ', 'dim']
  const described = isDescription(error)
  const isBrief = described && !stacks && isExpected(error)
  if (error !== undefined && !described) fields['error'] = error
  if (isBrief) fields['error'] = briefly(error)
  const details = Object.entries(fields).map(
    ([name, value]) => paint('dim', `${printable(name)}=`) + formatValue(value),
  )
  const head = [
    paint('dim', String(time).slice(11, 23)),
    paint(style, word),
    paint('dim', printable(String(service)).padEnd(12)),
    paint('bold', printable(String(message))),
    ...details,
  ].join(' ')
  return described && !isBrief ? `${head}\n${formatError(error, paint)}\n` : `${head}\n`
}

function isDescription(error: unknown): error is ErrorDescription {
  return typeof error === 'object' && error !== null && 'type' in error && 'message' in error
}

/** Ours, and foreseen: where in the code it arose does not help anybody. */
function isExpected({ type, code }: ErrorDescription): boolean {
  return type === 'PosternError' && code !== 'INTERNAL'
}

/** What happened, and what began it. */
function briefly(error: ErrorDescription): string {
  let innermost = error
  for (let next: ErrorDescription | undefined = error; next; next = next.cause ?? next.errors?.[0]) innermost = next
  return innermost === error ? error.message : `${error.message}: ${innermost.message || (innermost.code ?? '')}`
}

function formatValue(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@+-]+$/.test(value)) return value
  return printable(JSON.stringify(value))
}

function formatError(error: ErrorDescription, paint: (style: Style, text: string) => string): string {
  const code = error.code === undefined || error.message.startsWith(error.code) ? '' : ` [${error.code}]`
  const frames = (error.stack ?? '').split('\n').filter((frame) => /^\s+at /.test(frame))
  const lines = [
    paint('red', `  ${printable(`${error.type}: ${error.message}`)}${code}`),
    ...frames.map((frame) => paint('dim', `    ${printable(frame.trim())}`)),
    ...(error.errors ?? []).map((part) => formatError(part, paint)),
  ]
  if (error.cause !== undefined) lines.push(`${paint('dim', '  caused by')}\n${formatError(error.cause, paint)}`)
  return lines.join('\n')
}

/** A terminal obeys control characters; what came from outside must not give it orders. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
