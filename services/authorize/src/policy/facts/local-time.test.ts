import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { instantOf, isTimeZone, localTimeIn } from './local-time.ts'

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Chatham']
const hour = 3600

describe('a wall clock', () => {
  it('shows midnight as the first second of the day, and the last second before the year ends', () => {
    assert.deepEqual(localTimeIn('UTC', new Date('2027-01-01T00:00:00Z')), {
      year: 2027,
      month: 1,
      day: 1,
      weekday: 5,
      secondOfDay: 0,
    })
    assert.deepEqual(localTimeIn('UTC', new Date('2026-12-31T23:59:59.999Z')), {
      year: 2026,
      month: 12,
      day: 31,
      weekday: 4,
      secondOfDay: 86_399,
    })
  })

  it('can be in another year than UTC', () => {
    const { year, weekday, secondOfDay } = localTimeIn('Pacific/Auckland', new Date('2026-12-31T12:30:00Z'))
    assert.deepEqual({ year, weekday, secondOfDay }, { year: 2027, weekday: 5, secondOfDay: 1.5 * hour })
  })

  it('skips an hour in spring and repeats one in autumn', () => {
    const at = (instant: string): number => localTimeIn('Europe/Berlin', new Date(instant)).secondOfDay / hour
    assert.deepEqual(['2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z'].map(at), [1 + 59 / 60, 3])
    assert.deepEqual(['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map(at), [2.5, 2.5])
  })

  it('turned back into an instant, shows the same time', () => {
    const instant = fc.date({
      min: new Date('2000-01-01T00:00:00Z'),
      max: new Date('2099-12-31T00:00:00Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(instant, fc.constantFrom(...zones), (date, zone) => {
        const shown = localTimeIn(zone, date)
        assert.deepEqual(localTimeIn(zone, instantOf(shown, zone)), shown)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('an instant from a wall clock', () => {
  const written = (hours: number, month: number, day: number, zone: string): string =>
    instantOf({ year: 2026, month, day, secondOfDay: hours * hour }, zone).toISOString()

  it('is the first of two where the clock goes back', () => {
    assert.equal(written(2.5, 10, 25, 'Europe/Berlin'), '2026-10-25T00:30:00.000Z')
    assert.equal(written(1.5, 11, 1, 'America/New_York'), '2026-11-01T05:30:00.000Z')
    assert.equal(written(1.75, 4, 5, 'Australia/Lord_Howe'), '2026-04-04T14:45:00.000Z')
  })

  it('is after the gap where the clock goes forward', () => {
    assert.equal(written(2.5, 3, 29, 'Europe/Berlin'), '2026-03-29T01:30:00.000Z')
    assert.equal(written(2.5, 3, 8, 'America/New_York'), '2026-03-08T07:30:00.000Z')
  })

  it('is plain everywhere else', () => {
    assert.equal(written(0, 7, 1, 'Europe/Berlin'), '2026-06-30T22:00:00.000Z')
    assert.equal(written(24, 12, 31, 'UTC'), '2027-01-01T00:00:00.000Z')
    assert.equal(written(3, 10, 25, 'Europe/Berlin'), '2026-10-25T02:00:00.000Z')
  })
})

describe('a time zone', () => {
  it('is one that the IANA knows, and not an offset', () => {
    assert.deepEqual(['Europe/Berlin', 'UTC', 'Asia/Tokyo'].map(isTimeZone), [true, true, true])
    assert.deepEqual(['Europe/Berlim', '+02:00', '', 'CEST+1', 'Local'].map(isTimeZone), [
      false,
      false,
      false,
      false,
      false,
    ])
  })
})
