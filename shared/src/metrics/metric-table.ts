import type { MetricDefinition } from './definition.ts'
import { authenticateMetrics } from './table/authenticate-metrics.ts'
import { authorizeMetrics } from './table/authorize-metrics.ts'
import { processMetrics } from './table/process-metrics.ts'
import { proxyMetrics } from './table/proxy-metrics.ts'
import { redisMetrics } from './table/redis-metrics.ts'

/** Every metric there is. What is not here cannot be counted, and docs/metrics.md is held against it. */
export const metricTable = {
  ...processMetrics,
  ...redisMetrics,
  ...proxyMetrics,
  ...authorizeMetrics,
  ...authenticateMetrics,
} as const satisfies Readonly<Record<`postern_${string}`, MetricDefinition>>

type Table = typeof metricTable

export type MetricName = keyof Table

export type MetricsOf<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: Table[Name]['type'] extends Type ? Name : never
}[MetricName]

/** A value for each label of a metric. */
export type LabelsOf<Name extends MetricName> = { readonly [Label in Table[Name]['labels'][number]]: string }

/** Nothing where a metric has no labels. */
export type LabelArguments<Name extends MetricName> = Table[Name]['labels'] extends readonly []
  ? []
  : [labels: LabelsOf<Name>]
