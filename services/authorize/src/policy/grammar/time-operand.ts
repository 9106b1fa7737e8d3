import { isTimeZone } from '../facts/local-time.ts'
import { describe, isMapping, oneOf } from './describe.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Entry } from './entry.ts'

/** Reads the object of a criterion about time, whose keys are known. Says what is wrong with the others. */
export function parseKeys(entry: Entry, known: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  const { operand } = entry
  if (!isMapping(operand)) {
    return entry.problem(`expected an object with ${oneOf(known)}, but found ${describe(operand)}`)
  }
  const unknown = Object.keys(operand).filter((key) => !known.includes(key))
  for (const key of unknown) {
    entry.problem(`unknown key "${key}"; expected ${oneOf(known)}${didYouMean(key, known)}`, [key])
  }
  return unknown.length > 0 ? undefined : operand
}

/** Reads an IANA time zone. */
export function parseTimeZone(entry: Entry, zone: unknown): string | undefined {
  if (typeof zone === 'string' && isTimeZone(zone)) return zone
  if (zone === undefined) return entry.problem('needs a "timezone", such as "Europe/Berlin"')
  const near = typeof zone === 'string' ? didYouMean(zone, Intl.supportedValuesOf('timeZone')) : ''
  return entry.problem(`expected a time zone such as "Europe/Berlin", but found ${describe(zone)}${near}`, ['timezone'])
}
