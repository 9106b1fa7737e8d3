import { instantOf, type WallTime } from '../facts/local-time.ts'
import { describe } from '../grammar/describe.ts'
import type { Entry } from '../grammar/entry.ts'
import { parseKeys, parseTimeZone } from '../grammar/time-operand.ts'
import { requestCriterion, type CriterionKind } from './criterion-kind.ts'

const written = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?$/

/** An end of the time span, in milliseconds since 1970 and as it was written; `open`: there is none. */
type Bound = { readonly ms: number; readonly text: string } | 'open'

/** From `after` on, and until `before`. Times are those of `timezone`, UTC if it is left out. */
export const date: CriterionKind = {
  name: 'date',
  takesSubPath: false,
  parse(entry) {
    const operand = parseKeys(entry, ['after', 'before', 'timezone'])
    if (operand === undefined) return undefined
    const zone = operand['timezone'] === undefined ? 'UTC' : parseTimeZone(entry, operand['timezone'])
    const after = parseBound(entry, operand['after'], 'after', zone)
    const before = parseBound(entry, operand['before'], 'before', zone)
    if (after === undefined || before === undefined || zone === undefined) return undefined
    if (after === 'open' && before === 'open') return entry.problem('expected "after", "before" or both')
    const from = after === 'open' ? -Infinity : after.ms
    const until = before === 'open' ? Infinity : before.ms
    if (from >= until) return entry.problem('"after" must be earlier than "before": no date is between these')
    return requestCriterion(entry, {
      summary: `date ${summary(after, before)} ${zone}`,
      ok: 'date-ok',
      refused: 'date-unauthorized',
      matches: ({ now }) => now.getTime() >= from && now.getTime() < until,
      compared: ({ now }) => now.toISOString(),
    })
  },
}

function summary(after: Bound, before: Bound): string {
  const parts = [after === 'open' ? [] : [`from ${after.text}`], before === 'open' ? [] : [`until ${before.text}`]]
  return parts.flat().join(' ')
}

function parseBound(entry: Entry, text: unknown, key: string, zone: string | undefined): Bound | undefined {
  if (text === undefined) return 'open'
  const match = typeof text === 'string' ? written.exec(text) : null
  const wall = match ? readWallTime(match) : undefined
  if (match === null || wall === undefined) {
    const expected = 'expected a date such as "2026-12-31" or "2026-12-31T18:00:00"'
    return entry.problem(`${expected}, but found ${describe(text)}`, [key])
  }
  const offset = match[7]
  if (offset !== undefined) {
    const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day) + wall.secondOfDay * 1000
    return { ms: asUtc - offsetMs(offset), text: match[0] }
  }
  return zone === undefined ? undefined : { ms: instantOf(wall, zone).getTime(), text: match[0] }
}

/** `undefined` for a day that the calendar does not have. */
function readWallTime(match: RegExpExecArray): WallTime | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((text) => Number(text || 0))
  const check = new Date(Date.UTC(year, month - 1, day))
  const exists = check.getUTCFullYear() === year && check.getUTCMonth() === month - 1 && check.getUTCDate() === day
  if (!exists || hour > 23 || minute > 59 || second > 59) return undefined
  return { year, month, day, secondOfDay: hour * 3600 + minute * 60 + second }
}

function offsetMs(offset: string): number {
  if (offset === 'Z') return 0
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number)
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
