import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClockSamples } from '../clock-samples.ts'
import { clockFindings } from './clock.ts'

const noon = Date.parse('2026-05-04T12:00:00Z')

function verdictOf(theirMs: number, sentMs: number, answeredMs: number, granularityMs = 0): string {
  const samples = new ClockSamples()
  samples.add('Google', theirMs, sentMs, answeredMs, granularityMs)
  return clockFindings(samples.all)
    .map(({ about = '', status, says }) => `${status} ${about}: ${says}`)
    .join('\n')
}

describe('the clock, by what others say the time is', () => {
  it('agrees within what the answer can tell: its way there and back, and the second that a header cuts off', () => {
    assert.equal(verdictOf(noon, noon - 20, noon + 20), 'ok Google: agrees with our clock')
    assert.equal(verdictOf(noon, noon + 999, noon + 999, 1_000), 'ok Google: agrees with our clock')
    assert.equal(verdictOf(noon, noon, noon + 16_000), 'ok Google: agrees with our clock')
  })

  it('is worth a look from five seconds on, and harmful from thirty', () => {
    assert.equal(verdictOf(noon, noon + 5_000, noon + 5_000), 'warning Google: our clock is 5 s ahead')
    assert.equal(verdictOf(noon, noon - 29_000, noon - 29_000), 'warning Google: our clock is 29 s behind')
    assert.match(
      verdictOf(noon, noon - 30_000, noon - 30_000),
      /^problem Google: our clock is 30 s behind: tokens are refused/,
    )
    assert.match(verdictOf(noon, noon + 600_000, noon + 600_000), /^problem Google: our clock is 10 min ahead/)
  })

  it('goes by the best answer of each, and by none that is no time', () => {
    const samples = new ClockSamples()
    samples.addDate('IdP', new Date(noon).toUTCString(), noon, noon + 8_000)
    samples.addDate('IdP', new Date(noon).toUTCString(), noon, noon + 10)
    samples.addDate('IdP', 'yesterday', noon, noon)
    samples.addDate('Redis', undefined, noon, noon)
    assert.deepEqual(
      samples.all.map(({ source, withinMs }) => [source, withinMs]),
      [['IdP', 505]],
    )
    assert.deepEqual(clockFindings([]), [])
  })
})
