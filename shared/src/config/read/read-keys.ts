import type { ConfigPath } from '../config-issue.ts'
import { isGroup } from '../keys/key.ts'
import type { Key, KeyTable, ValuesOf } from '../keys/key.ts'
import { describeLeftOut, findLeftOut } from '../keys/left-out.ts'
import type { LeftOutKeys } from '../keys/left-out.ts'
import { didYouMean } from './closest.ts'
import { describeFound, quote } from './describe-found.ts'
import type { Report } from './report.ts'

/** Keys that are known but not in the table. */
export interface OtherKeys {
  readonly leftOut?: LeftOutKeys
  /** Read elsewhere; worth suggesting. */
  readonly alsoLegal?: readonly string[]
}

/**
 * Reads a mapping by its table: every value through its type, every unknown key reported. A value that is wrong
 * yields the default, so that reading goes on and finds the other mistakes.
 */
export function readKeys<Table extends KeyTable>(
  table: Table,
  data: Readonly<Record<string, unknown>>,
  path: ConfigPath,
  report: Report,
  others: OtherKeys = {},
): ValuesOf<Table> {
  for (const name of Object.keys(data)) {
    if (!isKnown(table, name)) reportUnknown(table, name, data[name], [...path, name], report, others)
  }
  const values: Record<string, unknown> = {}
  for (const [name, key] of Object.entries(table)) {
    if (!Object.hasOwn(data, name)) values[name] = isGroup(key) ? undefined : key.defaultValue
    else if (isGroup(key)) values[name] = readGroup(key.keys, data[name], [...path, name], report)
    else values[name] = readValue(key, data[name], [...path, name], report)
  }
  return values as ValuesOf<Table>
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readGroup(table: KeyTable, value: unknown, path: ConfigPath, report: Report): unknown {
  if (isMapping(value)) return readKeys(table, value, path, report)
  const what = isFromVariable(path, report) ? 'JSON: a mapping' : 'a mapping'
  report.error(path, `${describeFound(value)}; expected ${what} with ${Object.keys(table).join(', ')}`)
  return undefined
}

function readValue(key: Key<unknown>, value: unknown, path: ConfigPath, report: Report): unknown {
  const result = key.type.schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const at = issue?.path.filter((step) => typeof step !== 'symbol') ?? []
  const found = at.reduce<unknown>(child, value)
  const isName = issue?.code === 'invalid_key'
  const what = isName
    ? `the name ${quote(String(at.at(-1)))} is not legal`
    : describeFound(found, key.secret ?? key.hidden)
  const quoted = isQuoted(key, value) ? ', without quotes' : ''
  const { expected, expectedInVariable = expected } = key.type
  const form = isFromVariable(path, report) ? expectedInVariable : expected
  report.error([...path, ...at], `${what}; expected ${form}${quoted}`, isName ? 'key' : 'value')
  return key.defaultValue
}

function isFromVariable(path: ConfigPath, report: Report): boolean {
  return report.locate(path).file.startsWith('$')
}

/** `"1"` where a number is meant: what a variable would hold. */
function isQuoted({ type }: Key<unknown>, value: unknown): boolean {
  return typeof value === 'string' && type.schema.safeParse(type.fromEnvironment(value)).success
}

function child(value: unknown, step: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined
}

function isKnown(table: KeyTable, name: string): boolean {
  if (Object.hasOwn(table, name)) return true
  const twin = name.endsWith('_file') ? name.slice(0, -'_file'.length) : ''
  const key = Object.hasOwn(table, twin) ? table[twin] : undefined
  return key?.secret === true
}

function reportUnknown(
  table: KeyTable,
  name: string,
  value: unknown,
  path: ConfigPath,
  report: Report,
  { leftOut = {}, alsoLegal = [] }: OtherKeys,
): void {
  const known = findLeftOut(leftOut, name)
  if (known === undefined) {
    report.error(path, `unknown key "${name}"${didYouMean(name, [...Object.keys(table), ...alsoLegal])}`, 'key')
  } else if (known.sameAs?.some((same) => same === value) !== true) {
    report[known.severity](path, describeLeftOut(known), 'key')
  }
}
