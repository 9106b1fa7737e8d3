import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js'

/** A regular expression that takes linear time on any input. */
export interface WholeRegex {
  readonly source: string
  /** Whether the expression matches all of the text. */
  matches(text: string): boolean
}

/** What is wrong with an expression. */
export class RegexSyntaxError extends Error {
  override readonly name = 'RegexSyntaxError'
  /** Where in the expression, from 0, as far as it is known. */
  readonly offset: number | undefined

  constructor(message: string, offset: number | undefined) {
    super(message)
    this.offset = offset
  }
}

/** Compiles an expression in RE2 syntax. Throws `RegexSyntaxError`; look-around and back references are refused. */
export function compileRegex(source: string): WholeRegex {
  const compiled = compile(source)
  return { source, matches: (text) => compiled.testExact(text) }
}

/** Replaces every match in a text. */
export type RegexReplacement = (text: string) => string

/**
 * Compiles a pattern in RE2 syntax and what replaces its matches: `\1` to `\9` stand for groups, `\0` for the whole match,
 * `\\` for a backslash. Throws `RegexSyntaxError`, also for a group that is not there.
 */
export function compileReplacement(pattern: string, substitution: string): RegexReplacement {
  const compiled = compile(pattern)
  const parts = (substitution.match(/\\[^]?|[^\\]+/g) ?? []).map((part) => readPart(part, compiled.groupCount()))
  return (text) =>
    compiled
      .matcher(text)
      .replaceAll((...groups: readonly (string | undefined)[]) =>
        parts.map((part) => (typeof part === 'number' ? (groups[part] ?? '') : part)).join(''),
      )
}

/** The number of a group, or literal text. */
function readPart(part: string, groupCount: number): number | string {
  if (part === '\\\\') return '\\'
  if (!part.startsWith('\\')) return part
  if (!/^\\\d$/.test(part)) throw new RegexSyntaxError('a backslash must be followed by a digit', undefined)
  const group = Number(part.slice(1))
  if (group > groupCount) throw new RegexSyntaxError(`the pattern has no group ${String(group)}`, undefined)
  return group
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) throw new RegexSyntaxError(describe(error), offsetOf(error, source))
    if (error instanceof RE2JSException) throw new RegexSyntaxError('too large', undefined)
    throw error
  }
}

function describe(error: RE2JSSyntaxException): string {
  const part = error.getPattern()
  return part === null || part === '' ? error.getDescription() : `${error.getDescription()}: ${part}`
}

function offsetOf(error: RE2JSSyntaxException, source: string): number | undefined {
  const part = error.getPattern() ?? ''
  const offset = part === '' || part === source ? -1 : source.indexOf(part)
  return offset === -1 ? undefined : offset
}
