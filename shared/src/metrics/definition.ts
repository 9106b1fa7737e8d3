import type { ServiceName } from '../config/model.ts'

/** One row of the table of metrics. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Whose it is; `process`: of every process, once. */
  readonly of: ServiceName | 'process'
  /** One sentence, for `# HELP` and for docs/metrics.md. */
  readonly help: string
  /** Names of labels. What they hold comes from short lists or from the configuration, never from a request (LOG-02). */
  readonly labels: readonly string[]
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[]
}

type Of = MetricDefinition['of']

/** Only ever grows. */
export function counter<const Labels extends readonly string[]>(of: Of, help: string, ...labels: Labels) {
  return { type: 'counter', of, help, labels } as const satisfies MetricDefinition
}

/** What something is at the moment. */
export function gauge<const Labels extends readonly string[]>(of: Of, help: string, ...labels: Labels) {
  return { type: 'gauge', of, help, labels } as const satisfies MetricDefinition
}

/** How long something took. */
export function histogram<const Labels extends readonly string[]>(
  of: Of,
  buckets: readonly number[],
  help: string,
  ...labels: Labels
) {
  return { type: 'histogram', of, help, labels, buckets } as const satisfies MetricDefinition
}

/** For what happens between our own services and Redis. */
export const shortTimes = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
/** For what waits for applications, identity providers and Google. */
export const longTimes = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const
