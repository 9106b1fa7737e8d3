import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { metricTable } from './metric-table.ts'
import { Metrics, mostChildren, type Sample } from './metrics.ts'

function samplesOf(metrics: Metrics, name: string): Sample[] {
  return metrics
    .families()
    .filter((family) => family.name === name)
    .flatMap((family) => family.samples())
    .toArray()
}

describe('Metrics', () => {
  it('counts by labels, and gives the same counter for the same labels', () => {
    const metrics = new Metrics()
    const name = 'postern_authorize_decisions_total'
    metrics.counter(name, { outcome: 'allow' }).add()
    metrics.counter(name, { outcome: 'allow' }).add(2)
    metrics.counter(name, { outcome: 'deny' }).add()
    assert.deepEqual(samplesOf(metrics, name), [
      { labels: { outcome: 'allow' }, value: 3 },
      { labels: { outcome: 'deny' }, value: 1 },
    ])
  })

  it('has counters at 0 before anything happens, and leaves those alone that have counted', () => {
    const metrics = new Metrics()
    const name = 'postern_authorize_decisions_total'
    metrics.counter(name, { outcome: 'deny' }).add()
    metrics.startAtZero(name, [{ outcome: 'allow' }, { outcome: 'deny' }])
    assert.deepEqual(samplesOf(metrics, name), [
      { labels: { outcome: 'deny' }, value: 1 },
      { labels: { outcome: 'allow' }, value: 0 },
    ])
  })

  it('does not take the values of two labels for those of two others', () => {
    const metrics = new Metrics()
    const name = 'postern_authorize_session_lookups_total'
    metrics.counter(name, { source: 'a', result: 'bc' }).add()
    metrics.counter(name, { source: 'ab', result: 'c' }).add()
    assert.equal(samplesOf(metrics, name).length, 2)
  })

  it('sorts durations into buckets that hold all shorter ones too', () => {
    const metrics = new Metrics()
    const name = 'postern_authorize_check_duration_seconds'
    const histogram = metrics.histogram(name)
    for (const seconds of [0.0005, 0.0006, 0.004, 100]) histogram.observe(seconds)
    const found = samplesOf(metrics, name).map(({ metricName = '', le = '', value }) => [
      metricName.slice(name.length) + le,
      value,
    ])
    const buckets = Object.fromEntries(found) as Record<string, number>
    assert.deepEqual(
      ['_bucket0.0005', '_bucket0.001', '_bucket0.005', '_bucket5', '_bucket+Inf', '_count'].map((key) => buckets[key]),
      [1, 2, 3, 3, 4, 4],
    )
    assert.ok(Math.abs((buckets['_sum'] ?? 0) - 100.0051) < 1e-9)
  })

  it('asks for what is read, until that is over; what is not there is left out', () => {
    const metrics = new Metrics()
    let age: number | undefined = 7
    const reading = metrics.read('postern_authenticate_jwks_age_seconds', () => age)
    assert.deepEqual(samplesOf(metrics, 'postern_authenticate_jwks_age_seconds'), [{ labels: {}, value: 7 }])
    age = undefined
    assert.deepEqual(samplesOf(metrics, 'postern_authenticate_jwks_age_seconds'), [])
    age = 8
    reading[Symbol.dispose]()
    assert.deepEqual(samplesOf(metrics, 'postern_authenticate_jwks_age_seconds'), [])
  })

  it('counts together what comes beyond a bound, so that nothing that grows fills the memory', () => {
    const metrics = new Metrics()
    const name = 'postern_proxy_check_failures_total'
    for (let number = 0; number < mostChildren + 50; number += 1) {
      metrics.counter(name, { code: `CODE_${String(number)}` }).add()
    }
    const samples = samplesOf(metrics, name)
    assert.equal(samples.length, mostChildren + 1)
    assert.deepEqual(samples.at(-1), { labels: { code: 'other' }, value: 50 })
  })
})

/** https://prometheus.io/docs/practices/naming/ */
describe('the table of metrics', () => {
  for (const [name, { type, of, help, labels }] of Object.entries(metricTable)) {
    it(`${name} is named as Prometheus has it`, () => {
      assert.match(name, /^postern_[a-z0-9]+(?:_[a-z0-9]+)*$/)
      assert.equal(type === 'counter', name.endsWith('_total'), 'counters, and nothing else, end with _total')
      if (type === 'histogram') assert.match(name, /_seconds$/)
      assert.doesNotMatch(name, /_(?:ms|millis|minutes|hours|count|sum|bucket)(?:_|$)/)
      if (of !== 'process') assert.ok(name.startsWith(`postern_${of}_`))
      assert.match(help, /^[A-Z].*\.$/)
      for (const label of labels) assert.match(label, /^[a-z]+(?:_[a-z]+)*$/)
    })

    it(`${name} has no label that a request could fill`, () => {
      const closed = ['program', 'version', 'node_version', 'revision', 'result', 'service', 'connection', 'reason']
      const known = new Set([
        ...closed,
        'route',
        'status_class',
        'decision',
        'code',
        'outcome',
        'source',
        'endpoint',
        'audience',
      ])
      assert.deepEqual(
        labels.filter((label) => !known.has(label)),
        [],
      )
    })
  }
})
