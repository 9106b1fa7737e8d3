/** A wall clock, somewhere. */
export interface LocalTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  /** 0 is Sunday. */
  readonly weekday: number
  /** 0 to 86 399. */
  readonly secondOfDay: number
}

/** A wall-clock time that somebody wrote down, without its zone. */
export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly secondOfDay: number
}

const dayMs = 86_400_000

/** Making a formatter costs more than all else here; there are no more of them than time zones. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(zone, formatter)
  }
  return formatter
}

/** Whether it is the name of an IANA time zone: `Europe/Berlin`, `UTC`. Bare offsets are not: they ignore summer time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    formatterOf(name)
    return true
  } catch {
    return false // Intl says "unknown" only by throwing
  }
}

/** The wall clock of a zone at an instant. The zone's name must be a valid one. */
export function localTimeIn(zone: string, instant: Date): LocalTime {
  const fields: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const part of formatterOf(zone).formatToParts(instant)) fields[part.type] = Number(part.value)
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = fields
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay()
  return { year, month, day, weekday, secondOfDay: hour * 3600 + minute * 60 + second }
}

/**
 * The instant at which a zone's wall clock shows the time. Where it shows it twice (the clock went back), the first;
 * where it never does (the clock went forward), the same time after the gap as it would have been before.
 */
export function instantOf(wall: WallTime, zone: string): Date {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day) + wall.secondOfDay * 1000
  const before = offsetAt(zone, asUtc - dayMs)
  const after = offsetAt(zone, asUtc + dayMs)
  for (const offset of [before, after]) {
    if (offsetAt(zone, asUtc - offset) === offset) return new Date(asUtc - offset)
  }
  return new Date(asUtc - before)
}

function offsetAt(zone: string, instantMs: number): number {
  const local = localTimeIn(zone, new Date(instantMs))
  return Date.UTC(local.year, local.month - 1, local.day) + local.secondOfDay * 1000 - instantMs
}
