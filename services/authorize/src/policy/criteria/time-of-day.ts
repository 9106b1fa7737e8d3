import { describe } from '../grammar/describe.ts'
import type { Entry } from '../grammar/entry.ts'
import { parseKeys, parseTimeZone } from '../grammar/time-operand.ts'
import { requestCriterion, type CriterionKind } from './criterion-kind.ts'

const written = /^(\d{1,2}):(\d\d)(?::(\d\d))?\s*([ap]m)?$/i
const dayLength = 86_400

/**
 * From `after` on, and until `before`, by the wall clock of `timezone`. With `after` later than `before` it is the
 * night between: 22:00 to 06:00.
 */
export const timeOfDay: CriterionKind = {
  name: 'time_of_day',
  takesSubPath: false,
  parse(entry) {
    const operand = parseKeys(entry, ['after', 'before', 'timezone'])
    if (operand === undefined) return undefined
    const zone = parseTimeZone(entry, operand['timezone'])
    const after = parseTime(entry, operand, 'after', 0)
    const before = parseTime(entry, operand, 'before', dayLength)
    if (after === undefined || before === undefined || zone === undefined) return undefined
    if (after % dayLength === before % dayLength) {
      return entry.problem(
        'expected "after", "before" or both, at different times: this is the whole day or none of it',
      )
    }
    const overnight = after > before
    return requestCriterion(entry, {
      summary: `time of day ${clock(after)} to ${clock(before)} ${zone}`,
      ok: 'time-of-day-ok',
      refused: 'time-of-day-unauthorized',
      matches(question) {
        const now = question.localTime(zone).secondOfDay
        return overnight ? now >= after || now < before : now >= after && now < before
      },
      compared: (question) => clock(question.localTime(zone).secondOfDay),
    })
  },
}

/** Seconds since midnight; `whenMissing` when the key is not there. */
function parseTime(
  entry: Entry,
  operand: Readonly<Record<string, unknown>>,
  key: string,
  whenMissing: number,
): number | undefined {
  const text = operand[key]
  if (text === undefined) return whenMissing
  const match = typeof text === 'string' ? written.exec(text) : null
  const seconds = match ? readClock(match) : undefined
  if (seconds !== undefined) return seconds
  return entry.problem(`expected a time such as "17:30" or "5:30 PM", in quotes, but found ${describe(text)}`, [key])
}

function readClock([, hourText, minuteText, secondText = '0', half]: RegExpExecArray): number | undefined {
  const hour = Number(hourText)
  const minute = Number(minuteText)
  const second = Number(secondText)
  if (minute > 59 || second > 59) return undefined
  const seconds = minute * 60 + second
  if (half === undefined) return hour < 24 || (hour === 24 && seconds === 0) ? hour * 3600 + seconds : undefined
  if (hour < 1 || hour > 12) return undefined
  return ((hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)) * 3600 + seconds
}

function clock(seconds: number): string {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':')
}
