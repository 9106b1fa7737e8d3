import { z } from 'zod'
import { durationPattern, parseDuration } from './duration.ts'
import type { ValueType } from './value-type.ts'

const sameText = (text: string): unknown => text

/** Text that must not be empty: a setting given but empty is a mistake, never "no restriction". */
export const text: ValueType<string> = {
  name: 'text',
  expected: 'text',
  schema: z.string().min(1),
  fromEnvironment: sameText,
}

/** Text that may be empty, because empty means something. */
export const anyText: ValueType<string> = { ...text, schema: z.string() }

/** Where a listener is. A port alone is a number to YAML. */
export const listener: ValueType<string> = { ...text, expected: 'host:port or :port, with its colon' }

export const path: ValueType<string> = { ...text, name: 'file path', expected: 'the path of a file' }

export const flag: ValueType<boolean> = {
  name: 'boolean',
  expected: 'true or false',
  schema: z.boolean(),
  // what Go's strconv.ParseBool takes
  fromEnvironment: (value) => {
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true
    if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false
    return value
  },
}

export function integer(minimum: number, maximum: number): ValueType<number> {
  return {
    name: 'integer',
    expected: `a whole number from ${String(minimum)} to ${String(maximum)}`,
    schema: z.int().min(minimum).max(maximum),
    fromEnvironment: (value) => (/^-?\d{1,15}$/.test(value) ? Number(value) : value),
  }
}

/** Longer timers than 2³¹ - 1 ms fire at once in Node. */
const longestTimerMs = 2_147_483_647
const tenYearsMs = 10 * 365 * 24 * 3_600_000

function durationUpTo(limitMs: number, limitText: string): ValueType<number> {
  const expected = `a duration with units such as "30s", "5m" or "1h30m" (0s: none), at most ${limitText}`
  const schema = z.union([z.string(), z.literal(0)]).transform((value, context) => {
    const ms = parseDuration(String(value))
    if (ms !== undefined && ms <= limitMs && (ms === 0 || ms >= 1)) return Math.round(ms)
    context.addIssue({ code: 'invalid_format', format: 'duration', message: expected })
    return z.NEVER
  })
  const json = { anyOf: [{ type: 'string', pattern: durationPattern }, { const: 0 }] }
  return { name: 'duration', expected, schema, json, fromEnvironment: sameText }
}

/** Becomes a timer; milliseconds. */
export const duration = durationUpTo(longestTimerMs, '596h')

/** Is only compared with clocks; milliseconds. */
export const lifetime = durationUpTo(tenYearsMs, '87600h')

/** One of the words, in any case. */
export function oneOf<const Word extends string>(...words: readonly Word[]): ValueType<Word> {
  return wordsFor(Object.fromEntries(words.map((word) => [word, word])) as Record<Word, Word>)
}

/** Like `oneOf`, with several spellings for one meaning. */
export function wordsFor<Meaning extends string>(meanings: Readonly<Record<string, Meaning>>): ValueType<Meaning> {
  const expected = `one of ${Object.keys(meanings).join(', ')}`
  const schema = z.string().transform((value, context) => {
    const meaning = Object.entries(meanings).find(([word]) => word.toLowerCase() === value.toLowerCase())?.[1]
    if (meaning !== undefined) return meaning
    context.addIssue({ code: 'invalid_format', format: 'word', message: expected })
    return z.NEVER
  })
  const words = Object.keys(meanings)
  const json = { anyOf: [{ enum: words }, { type: 'string', pattern: anyCase(words) }] }
  return { name: expected, expected, schema, json, fromEnvironment: sameText }
}

/** JSON Schema's patterns know no flag for it. */
function anyCase(words: readonly string[]): string {
  const letters = (word: string): string =>
    word.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`)
  return `^(?:${words.map(letters).join('|')})$`
}

const noEmptyList = 'a list with at least one entry (leave the key out where there is none)'

/** A list, or one text for a list of one; comma separated in the environment. Empty is a mistake. */
export const textList: ValueType<readonly string[]> = {
  name: 'list of text',
  expected: `text or ${noEmptyList}`,
  schema: z.union([
    z
      .string()
      .min(1)
      .transform((one) => [one]),
    z.array(z.string().min(1)).min(1),
  ]),
  fromEnvironment: (value) =>
    value
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
}

/** Name to text. In the environment JSON, or `Name:value,Name:value`. */
export const textMap: ValueType<Readonly<Record<string, string>>> = {
  name: 'map of text',
  expected: 'a mapping from names to text (quote numbers and booleans)',
  expectedInVariable: 'JSON that maps names to text, or name:value,name:value',
  schema: z.record(z.string().min(1), z.string()),
  fromEnvironment: (value) => jsonOr(value, pairs),
}

/** Anything JSON can hold; checked by whoever knows what it means. */
export const anything: ValueType<unknown> = {
  name: 'any',
  expected: 'a value',
  schema: z.unknown(),
  fromEnvironment: (value) => jsonOr(value, sameText),
}

/** JSON where the text looks like it; else what `otherwise` makes of it. */
export function jsonOr(value: string, otherwise: (text: string) => unknown): unknown {
  if (!/^\s*[[{]/.test(value)) return otherwise(value)
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}

function pairs(value: string): unknown {
  const entries = value.split(',').map((entry) => /^\s*([^:]+?)\s*:\s*(.*?)\s*$/.exec(entry))
  if (entries.some((entry) => entry === null)) return value
  return Object.fromEntries(entries.map((entry) => [entry?.[1] ?? '', entry?.[2] ?? '']))
}
