import type { MetricName } from '@postern/shared/metrics/metric-table.ts'
import type { Labels, Metrics, Sample } from '@postern/shared/metrics/metrics.ts'

/** What was counted for one metric. */
export function samplesOf(metrics: Metrics, name: MetricName): readonly Sample[] {
  return metrics
    .families()
    .filter((family) => family.name === name)
    .flatMap((family) => family.samples())
    .toArray()
}

/** The value of one metric with these labels, summed over all others; of a histogram, how many were observed. 0 where there is none. */
export function counted(metrics: Metrics, name: MetricName, labels: Labels = {}): number {
  return samplesOf(metrics, name)
    .filter(({ metricName = name }) => metricName === name || metricName === `${name}_count`)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0)
}
