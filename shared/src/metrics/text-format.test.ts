import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Metrics } from './metrics.ts'
import { writeText } from './text-format.ts'

describe('the text for Prometheus', () => {
  it('has a line for each value, after what the metric means and is', () => {
    const metrics = new Metrics()
    metrics.counter('postern_authorize_check_failures_total', { code: 'INTERNAL' }).add(2)
    metrics.read('postern_authorize_session_copies', () => 0.5)
    assert.equal(
      writeText(metrics.families()),
      `# HELP postern_authorize_check_failures_total Checks that could not be decided, by code.
# TYPE postern_authorize_check_failures_total counter
postern_authorize_check_failures_total{code="INTERNAL"} 2
# HELP postern_authorize_session_copies Sessions of which a current copy is in memory.
# TYPE postern_authorize_session_copies gauge
postern_authorize_session_copies 0.5
`,
    )
  })

  it('has the buckets of a histogram, each with its own labels', () => {
    const metrics = new Metrics()
    const name = 'postern_proxy_request_duration_seconds'
    metrics.histogram(name, { route: 'a' }).observe(0.25)
    metrics.histogram(name, { route: 'b' }).observe(100)
    metrics.histogram('postern_proxy_check_duration_seconds').observe(0.001)
    const lines = writeText(metrics.families()).split('\n')
    for (const line of [
      `${name}_bucket{route="a",le="0.1"} 0`,
      `${name}_bucket{route="a",le="0.25"} 1`,
      `${name}_bucket{route="a",le="+Inf"} 1`,
      `${name}_sum{route="a"} 0.25`,
      `${name}_count{route="a"} 1`,
      `${name}_bucket{route="b",le="60"} 0`,
      `${name}_bucket{route="b",le="+Inf"} 1`,
      'postern_proxy_check_duration_seconds_bucket{le="0.0005"} 0',
      'postern_proxy_check_duration_seconds_bucket{le="0.001"} 1',
      'postern_proxy_check_duration_seconds_count 1',
    ]) {
      assert.ok(lines.includes(line), line)
    }
  })

  it('keeps to its line whatever a route is called', () => {
    const metrics = new Metrics()
    const route = 'a "b"\n\\c} 1'
    metrics.counter('postern_proxy_errors_total', { route, code: 'INTERNAL' }).add()
    const [, , line] = writeText(metrics.families()).split('\n')
    assert.equal(line, String.raw`postern_proxy_errors_total{route="a \"b\"\n\\c} 1",code="INTERNAL"} 1`)
  })

  it('writes what is no ordinary number as Prometheus reads it', () => {
    const metrics = new Metrics()
    const values = [NaN, Infinity, -Infinity]
    metrics.readAll('postern_config_info', () => values.map((value) => ({ labels: { revision: 'r' }, value })))
    const lines = writeText(metrics.families()).trim().split('\n').slice(2)
    assert.deepEqual(
      lines.map((line) => line.split(' ')[1]),
      ['NaN', '+Inf', '-Inf'],
    )
  })
})
