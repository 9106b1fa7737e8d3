import { describe, isMapping } from '../grammar/describe.ts'
import type { Entry } from '../grammar/entry.ts'
import { parseKeys, parseTimeZone } from '../grammar/time-operand.ts'
import type { Path } from '../policy.ts'
import { requestCriterion, type CriterionKind } from './criterion-kind.ts'

const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** `mon-fri`, `sat,sun` or `*`; in UTC, or as `{ days: mon-fri, timezone: Europe/Berlin }`. */
export const dayOfWeek: CriterionKind = {
  name: 'day_of_week',
  takesSubPath: false,
  parse(entry) {
    const operand = isMapping(entry.operand) ? parseKeys(entry, ['days', 'timezone']) : { days: entry.operand }
    if (operand === undefined) return undefined
    const { days: text, timezone = 'UTC' } = operand
    if (!('days' in operand)) return entry.problem('needs "days", such as "mon-fri"')
    const zone = parseTimeZone(entry, timezone)
    const days = parseDays(entry, text, isMapping(entry.operand) ? ['days'] : [])
    if (days === undefined || zone === undefined) return undefined
    return requestCriterion(entry, {
      summary: `day of week ${String(text)} ${zone}`,
      ok: 'day-of-week-ok',
      refused: 'day-of-week-unauthorized',
      matches: (question) => days.has(question.localTime(zone).weekday),
      compared: (question) => names[question.localTime(zone).weekday],
    })
  },
}

function parseDays(entry: Entry, text: unknown, at: Path): ReadonlySet<number> | undefined {
  const expected = 'expected days such as "mon-fri", "sat,sun" or "*"'
  if (typeof text !== 'string') return entry.problem(`${expected}, but found ${describe(text)}`, at)
  if (text.trim() === '*') return new Set(names.keys())
  const days = text.split(',').map(readRange)
  const good = days.filter((range) => range !== undefined)
  if (good.length < days.length) return entry.problem(`${expected}, but found ${describe(text)}`, at)
  return new Set(good.flat())
}

/** One day, or a range that may go over the end of the week: `fri-mon`. */
function readRange(text: string): readonly number[] | undefined {
  const [first = -1, last = first, ...rest] = text.split('-').map(readDay)
  if (first < 0 || last < 0 || rest.length > 0) return undefined
  return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, index) => (first + index) % 7)
}

/** The day's number, by its English name or the first three letters of it; -1 if there is no such day. */
function readDay(text: string): number {
  const wanted = text.trim().toLowerCase()
  return names.findIndex((name) => name === wanted || name.slice(0, 3) === wanted)
}
